import assert from 'node:assert/strict';
import { copyDataDirectory } from '../agent/copy-data-directory.js';
import { World } from '../agent/world.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';

describe('a copy of the data directory, on ZooKeeper', () => {
  let zookeeper: ZookeeperServer;
  let world: World;
  before(async () => {
    zookeeper = await startZookeeper();
  });
  after(() => zookeeper.stop());
  beforeEach(async () => {
    world = await World.open({ state: `zookeeper://${zookeeper.address}/copy` });
  });
  afterEach(() => world.close());

  it('does not continue the session of the original, which would be thrown out of it', async () => {
    await world.agent();
    await copyDataDirectory(world.path('machines', 'm0'), world.path('copy'), ['agent.pid']);
    await assert.rejects(world.agent({ dataDirectory: world.path('copy'), patience: 500 }), {
      code: 'machine-taken',
      isCopy: true,
    });
    await world.deploy(await world.publish(1));
    await world.until('started');
    const troubles = world.log.filter(({ message }) => message.startsWith('the coordinator'));
    assert.deepEqual(troubles, [], 'the original kept its connection');
  });
});
