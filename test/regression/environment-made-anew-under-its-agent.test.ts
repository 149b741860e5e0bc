import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { AgentProcess } from '../agent/agent-process.js';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { startZookeeper } from '../servers/zookeeper.js';

describe('an environment that is made anew under an agent that works in it', function () {
  this.timeout(120_000);

  /** Destroys the environment and bootstraps it, and waits until the agent has a unit of the new one. */
  async function makeAnew(world: World): Promise<void> {
    assert.equal((await ensemble(world, 'destroy-environment', '--yes', '--force')).code, 0);
    assert.equal((await ensemble(world, 'bootstrap')).code, 0);
    await eventually(
      async () => assert.deepEqual(await world.coordinator.children('/machines'), ['m0']),
      60_000,
    );
    const formula = await world.publish(1);
    await world.deploy(formula);
    await world.untilOn(formula);
  }

  const environmentOf = async (world: World): Promise<string> =>
    JSON.parse((await world.coordinator.get('/layout'))?.value ?? '{}').environment;

  const remembered = async (
    world: World,
  ): Promise<{ readonly environment: string; readonly disowned: unknown }> =>
    JSON.parse(await readFile(world.path('machines', 'm0', 'environment'), 'utf8'));

  async function isStillThere(world: World, agent: AgentProcess): Promise<void> {
    await world.deploy('world:f-1', 1, 'g');
    await world.untilOn('world:f-1', 'g/0');
    assert.equal(agent.stderr(), '');
  }

  for (const withUnits of [false, true])
    it(`is remembered by the agent, which ${withUnits ? 'had a unit' : 'had nothing'} in the old one`, async () => {
      const world = await World.open();
      try {
        const agent = await world.agentProcess();
        const before = await environmentOf(world);
        if (withUnits) {
          const formula = await world.publish(1);
          await world.deploy(formula);
          await world.untilOn(formula);
        }
        await makeAnew(world);
        const now = await environmentOf(world);
        assert.notEqual(now, before);
        assert.equal((await remembered(world)).environment, now);
        await agent.kill();
        await isStillThere(world, await world.agentProcess());
      } finally {
        await world.close();
      }
    });

  it('is known again by the agent when ZooKeeper is restarted', async () => {
    const server = await startZookeeper();
    const world = await World.open({ state: `zookeeper://${server.address}/anew` });
    try {
      const agent = await world.agentProcess();
      await makeAnew(world);
      await server.kill();
      await server.start();
      await isStillThere(world, agent);
    } finally {
      await world.close();
      await server.stop();
    }
  });
});
