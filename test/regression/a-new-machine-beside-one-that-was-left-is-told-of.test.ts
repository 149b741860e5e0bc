import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('an agent that becomes a new machine', function () {
  this.timeout(60_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
    const agent = await world.agent();
    await world.publish(1);
    await world.deploy('world:f-1');
    await eventually(async () => assert.equal((await world.unit()).status?.state, 'started'));
    await agent.stop();
  });
  afterEach(() => world.close());

  const told = (): readonly string[] =>
    world.log
      .filter(({ level, message }) => level === 'warning' && /is new, and has no units/.test(message))
      .map(({ message, next }) => `${message}: ${next}`);

  it('says which machine of its host is left without one, and how to go on as that', async () => {
    await (await world.agent({ machine: 'vm' })).stop();
    const directory = world.path('machines', 'm0');
    const [first, ...more] = told();
    assert.deepEqual(more, []);
    assert.ok(
      first?.startsWith(
        `machine vm is new, and has no units; ${directory} on this host is machine m0, which hosts 1 unit and has no agent: to go on as m0, stop this one and start it on `,
      ),
      first,
    );
    assert.ok(first?.endsWith(`: ensemble-agent -e world --machine m0 --data-dir ${directory}`), first);
    await (await world.agent({ machine: 'vm' })).stop();
    assert.equal(told().length, 1, 'told once, when it was new');
  });

  it('says nothing of a machine that has its agent, or whose directory is on another host', async () => {
    const agent = await world.agent();
    await (await world.agent({ machine: 'vm' })).stop();
    assert.deepEqual(told(), []);
    await agent.stop();
    await rename(world.path('machines', 'm0'), world.path('machines', 'elsewhere'));
    await (await world.agent({ machine: 'vm2' })).stop();
    assert.deepEqual(told(), []);
  });
});
