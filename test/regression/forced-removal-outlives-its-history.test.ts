import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { forceUnitsOut } from '../../control/remove/force-out.js';
import { paths } from '../../state/model/paths.js';
import { requester, World } from '../agent/world.js';
import { embedded } from '../e2e/engines.js';
import { eventually } from '../eventually.js';

describe('a unit that was removed by force', function () {
  this.timeout(120_000);
  let world: World;
  before(() => embedded.start());
  after(() => embedded.stop());
  beforeEach(async () => {
    world = await World.open(embedded.environment());
  });
  afterEach(() => world.close());

  it('is stopped by an agent that comes back, also where the history of it is pruned', async () => {
    const lost = await world.agentProcess('m1');
    await world.deploy(await world.publish(1, { hooks: { stop: ':' } }), 1, 'f', 'm1');
    await world.until('started');
    await lost.kill();
    await world.coordinator.remove(paths.agent('m1'));
    await forceUnitsOut(world.coordinator, ['f/0'], requester);
    await world.coordinator.remove(paths.unitHistory('f/0'));

    const back = await world.agentProcess('m1');
    await back.logged(`${requester.by} removed the unit by force while this agent was away`);
    await eventually(async () => assert.deepEqual(await readdir(world.path('machines', 'm1', 'units')), []));
    assert.equal((await world.trace()).at(-1), 'stop 1');
    // It is done: nobody has to learn of it any more.
    await eventually(async () =>
      assert.equal(await world.coordinator.get(paths.tombstone('f/0')), undefined),
    );
  });
});
