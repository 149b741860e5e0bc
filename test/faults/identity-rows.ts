import assert from 'node:assert/strict';
import { cp, readdir } from 'node:fs/promises';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { removeTree } from '../../control/remove/remove-environment.js';
import { forceUnitsOut } from '../../control/remove/force-out.js';
import { bootstrapTree } from '../../state/model/layout.js';
import { paths } from '../../state/model/paths.js';
import { destroyService } from '../../control/remove/destroy-service.js';
import { readUnitState } from '../../control/status/snapshot.js';
import type { AgentProcess } from '../agent/agent-process.js';
import { requester, type World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import type { DeedRow } from './deed.js';
import { formatRun, readRuns } from './formulas.js';
import { ends } from './outside-row.js';
import type { EngineName } from './row.js';
import { ONE, UNIT } from './life.js';
import { stages } from './stages.js';

/** The unit that follows the first one of its service, whatever became of that. */
const NEXT = 'f/1';

/** How long a dead agent's session may take to run out, in milliseconds. */
const SESSION = 30_000;

async function untilGone(world: World): Promise<void> {
  await eventually(async () => {
    assert.equal(await world.coordinator.get(paths.service('f')), undefined, 'the service is gone');
  });
}

/** Deploys the service again, on that machine, and waits until its new unit has lived as a new one does. */
async function deployAgain(world: World, machine?: string): Promise<void> {
  assert.deepEqual(await world.deploy(ONE, 1, 'f', machine), [NEXT], 'its number is used for the first time');
  await untilBorn(world);
}

async function untilBorn(world: World): Promise<void> {
  await world.untilOn(ONE, NEXT);
  await eventually(async () => {
    const { runs } = readRuns(await world.trace(NEXT));
    assert.deepEqual(runs.slice(0, 3).map(formatRun), ['install 1', 'config-changed 1', 'start 1']);
  });
}

function relate(world: World): Promise<unknown> {
  const names = [parseEndpointName('f:db'), parseEndpointName('g:site')] as const;
  return addRelation(world.coordinator, names, requester.requestedAt);
}

/** Kills the agent, waits for its session's end, and takes its unit out by force. */
async function lose(world: World): Promise<void> {
  const mortal = await world.agentProcess();
  await mortal.kill();
  await eventually(async () => {
    assert.equal(await world.coordinator.get(paths.agent('m0')), undefined, 'the machine is shown as down');
  }, SESSION);
  await forceUnitsOut(world.coordinator, [UNIT], requester);
}

/** What is put aside of the first unit's. */
async function putAside(world: World): Promise<void> {
  await eventually(async () => {
    const names = await readdir(world.path('machines', 'm0', 'removed'));
    assert.ok(
      names.some((name) => name.startsWith('f-0')),
      'its directory is put aside',
    );
  });
}

/** All that stands in the tree and is nobody's session's, by its path, parents first. */
async function copyTree(coordinator: Coordinator): Promise<ReadonlyMap<string, string>> {
  const copy = new Map<string, string>();
  const copyUnder = async (path: string): Promise<void> => {
    const node = await coordinator.get(path);
    if (node === undefined || node.ephemeral) return;
    copy.set(path, node.value);
    for (const child of (await coordinator.children(path)) ?? []) await copyUnder(`${path}/${child}`);
  };
  for (const root of (await coordinator.children('/')) ?? []) await copyUnder(`/${root}`);
  return copy;
}

/** What an agent says that does not take up what it finds, and ends. */
async function refused(world: World, words: RegExp): Promise<void> {
  const agent = await world.agentProcess('m0', { up: false });
  assert.equal(await agent.ended(), 1);
  assert.match(agent.stderr(), words);
}

/** A second agent of machine `m0`, on a copy of its data directory. */
function cloned(world: World, ...options: readonly string[]): Promise<AgentProcess> {
  return world.agentProcess('m0', { up: false, options: ['--data-dir', world.path('clone'), ...options] });
}

const clone = (world: World): Promise<void> =>
  cp(world.path('machines', 'm0'), world.path('clone'), { recursive: true, verbatimSymlinks: true });

/** A row of the stage at whose end the unit is gone. */
function goes(engine: EngineName, fault: string, where: string, deed: DeedRow['deed']): DeedRow {
  return ends(engine, 'remove', fault, where, deed, { states: [] });
}

/** ZooKeeper itself is set back, and knows nothing of what it said since: neither its clients' sessions nor their order. */
const setBackByItsFiles = (where: 'while the agent was stopped' | 'under the agent'): DeedRow =>
  ends(
    'zookeeper',
    'config',
    'ZooKeeper is set back by its own files',
    where,
    async ({ world, ask, agent, server }) => {
      if (server === undefined) return assert.fail('the row has a server of its own');
      await server.kill();
      await server.saveData(world.path('backup'));
      await server.start();
      const first = await world.agentProcess();
      await ask();
      await eventually(async () =>
        assert.equal(readRuns(await world.trace()).runs.length, stages.config.hooks.length),
      );
      const isStopped = where === 'while the agent was stopped';
      if (isStopped) await first.kill('SIGTERM');
      await server.kill();
      await server.setBack(world.path('backup'));
      await server.start();
      if (!isStopped) {
        assert.equal(await first.ended(), 1);
        assert.match(first.stderr(), /is older than what the units of .* did.*--accept-state/s);
      }
      await refused(world, /is older than what the units of .* did.*--accept-state/s);
      await agent();
    },
    {
      hooks: [...stages.config.hooks, 'config-changed 1'],
      options: { acceptState: true },
      ownServer: true,
    },
  );

/** The cases in which ZooKeeper is not the one that it was. */
export const setBackRows: readonly DeedRow[] = [
  setBackByItsFiles('while the agent was stopped'),
  setBackByItsFiles('under the agent'),
];

/** The cases in which a name, a machine or a state is not the one that it was. */
export const identityRows = (engine: EngineName): readonly DeedRow[] => [
  goes(engine, 'the service is deployed again', 'once it is gone', async ({ world, agent }) => {
    await agent();
    await destroyService(world.coordinator, 'f', requester);
    await untilGone(world);
    await deployAgain(world);
  }),
  goes(
    engine,
    'the service is deployed again',
    'once it is gone, by an agent that is killed before it heard',
    async ({ world, agent }) => {
      const mortal = await world.agentProcess();
      await destroyService(world.coordinator, 'f', requester);
      await untilGone(world);
      await mortal.kill();
      await world.deploy(ONE, 1, 'f', 'm0');
      await agent();
      await untilBorn(world);
    },
  ),
  goes(
    engine,
    'the machine was lost and comes back (a ghost)',
    'its service is deployed again on another',
    async ({ world, agent }) => {
      await lose(world);
      await destroyService(world.coordinator, 'f', requester);
      await untilGone(world);
      await deployAgain(world, 'm1');
      await relate(world);
      const met = async (): Promise<readonly string[]> => {
        const lines = (await world.trace('g/0')).filter((line) => line.startsWith('begin '));
        return lines.map((line) => line.split(' ')[1] ?? '');
      };
      // Met f/0, which departed with its machine; then f/1.
      const events = ['joined', 'changed', 'departed', 'broken', 'joined', 'changed'];
      await eventually(async () =>
        assert.deepEqual(
          (await met()).slice(3),
          events.map((event) => `site-relation-${event}`),
        ),
      );
      await agent();
      await putAside(world);
      assert.equal((await met()).length, 3 + events.length, 'nobody is told that the living one departed');
      assert.equal((await world.unit(NEXT)).unit.machine, 'm1');
    },
  ),
  goes(
    engine,
    'the machine was lost and comes back (a ghost)',
    'its service has another unit there',
    async ({ world, agent }) => {
      await lose(world);
      await destroyService(world.coordinator, 'f', requester);
      await untilGone(world);
      await world.deploy(ONE, 1, 'f', 'm0');
      await agent();
      await putAside(world);
      await untilBorn(world);
    },
  ),
  ends(
    engine,
    'config',
    'the coordinator was restored from a copy',
    'while the agent was stopped',
    async ({ world, ask, agent }) => {
      const copy = await copyTree(world.coordinator);
      const first = await world.agentProcess();
      await ask();
      await eventually(async () =>
        assert.equal(readRuns(await world.trace()).runs.length, stages.config.hooks.length),
      );
      await first.kill('SIGTERM');
      await removeTree(world.coordinator);
      for (const [path, value] of copy) await world.coordinator.create(path, value);
      await refused(world, /is older than what the units of .* did.*--accept-state/s);
      await agent();
    },
    // The config of before is what the copy wants, and it is news to the unit.
    { hooks: [...stages.config.hooks, 'config-changed 1'], options: { acceptState: true } },
  ),
  ends(
    engine,
    'config',
    'the coordinator was set up anew',
    'while the agent was stopped',
    async ({ world, agent }) => {
      const first = await world.agentProcess();
      await first.kill('SIGTERM');
      await removeTree(world.coordinator);
      await bootstrapTree(world.coordinator);
      await refused(world, /belongs to environment .*holds another.*--accept-state/s);
      assert.equal(await readUnitState(world.coordinator, UNIT), undefined);
      await agent();
      await putAside(world);
    },
    {
      hooks: [...stages.install.hooks, 'stop 1'],
      options: { acceptState: true },
      states: [],
      disk: null,
      tree: null,
    },
  ),
  ends(
    engine,
    'config',
    'a clone of the data directory is started',
    'while its original is up',
    async ({ world, ask, agent }) => {
      await clone(world);
      await agent();
      const second = await cloned(world);
      assert.equal(await second.ended(), 1);
      assert.match(second.stderr(), /m0 has an agent already.*--take-over/s);
      await ask();
    },
  ),
  ends(
    engine,
    'config',
    'the machine is taken over from a clone of its data directory',
    'while that is up',
    async ({ world, ask, agent }) => {
      await clone(world);
      const second = await cloned(world);
      await second.up();
      await agent();
      assert.equal(await second.ended(), 1);
      assert.match(second.stderr(), /m0 is being taken over by the agent in/);
      await ask();
    },
    { options: { takeOver: true } },
  ),
];
