import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { paths } from '../../state/model/paths.js';
import type { AgentProcess } from '../agent/agent-process.js';
import { eventually } from '../eventually.js';
import { zookeeper } from './engines.js';
import { lostNothing, more, NotesSystem, servedBy } from './notes-system.js';

const machines = ['m0', 'm1', 'm2'] as const;
const old = ['notes/0', 'notes/1'] as const;
/** All machines are one host here, and the number makes the port: the clone's units begin with those that are free. */
const cloned = ['notes-r2/2', 'notes-r2/3'] as const;

describe('a clone under traffic, on three machines', function () {
  this.timeout(180_000);
  const engines = zookeeper();
  let system: NotesSystem;
  let agents: Map<string, AgentProcess>;

  before(() => engines.start());
  after(() => engines.stop());
  beforeEach(async () => {
    system = await NotesSystem.open(engines);
    agents = new Map();
    for (const machine of machines) agents.set(machine, await system.world.agentProcess(machine));
    await system.deployAll(old.length);
    await copyFile(system.world.path('notes.yaml'), system.world.path('notes-r2.yaml'));
    await system.deploy('notes-r2', 'notes-1', old.length);
    await system.operator.does('destroy-service', 'notes-r2');
    await eventually(async () => assert.deepEqual(await services(), ['balancer', 'notes', 'store']), 60_000);
  });
  afterEach(() => system.close());

  async function services(): Promise<readonly string[]> {
    return ((await system.world.coordinator.children(paths.services)) ?? []).toSorted();
  }

  /** Kills the agent that leads, and starts it again. */
  async function killLeader(): Promise<void> {
    const { name } = JSON.parse((await system.world.coordinator.get(paths.leader))?.value ?? '{}');
    for (const machine of machines) {
      const node = await system.world.coordinator.get(paths.machine(machine));
      if (JSON.parse(node?.value ?? '{}').owner?.agentId !== name) continue;
      await agents.get(machine)?.kill();
      agents.set(machine, await system.world.agentProcess(machine));
    }
  }

  it('takes the place of its service, also when the agent that leads is killed, and no request fails', async () => {
    const flow = await system.flowing(2);
    await servedBy(flow, ...old);
    await system.operator.does('upgrade-formula', '--strategy', 'clone', 'notes');
    await servedBy(flow, ...cloned, ...old);
    // Nobody follows it: whoever leads goes on with it, and whoever leads after that.
    await system.operator.does('rollout', 'promote', '--no-wait', 'notes');
    await killLeader();
    await eventually(
      async () => assert.deepEqual(await services(), ['balancer', 'notes-r2', 'store']),
      90_000,
    );
    await servedBy(flow, ...cloned);
    await flow.stop();
    lostNothing(flow);
    for (const [name, { formula, state }] of Object.entries(await system.units('notes-r2')))
      assert.deepEqual([formula, state], ['principia:notes-2', 'started'], name);
  });

  it('goes when it is aborted, and no request fails', async () => {
    const flow = await system.flowing(2);
    await system.operator.does('upgrade-formula', '--strategy', 'clone', 'notes');
    await servedBy(flow, ...cloned, ...old);
    await system.operator.does('rollout', 'abort', 'notes');
    await eventually(async () => assert.deepEqual(await services(), ['balancer', 'notes', 'store']), 60_000);
    await servedBy(flow, ...old);
    await more(flow);
    await flow.stop();
    lostNothing(flow);
    for (const [name, { formula, state }] of Object.entries(await system.units('notes')))
      assert.deepEqual([formula, state], ['principia:notes-1', 'started'], name);
  });
});
