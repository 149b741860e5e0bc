import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rename, rm, writeFile } from 'node:fs/promises';
import { open } from 'lmdb';
import { MachineTaken } from '../../agent/contract/errors.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { bootstrapTree } from '../../state/model/layout.js';
import { paths } from '../../state/model/paths.js';
import { eventually } from '../eventually.js';
import type { Row, Stage } from './stage.js';

const one = 'world:f-1';
const started = (more: string, { world }: Stage): string =>
  `ensemble-agent -e world ${more.replaceAll('@', world.root)}`;
/** One that should end by itself. */
const agent = (more: string, stage: Stage): string => `timeout 30 ${started(more, stage)}`;

/** The agent of this process ends, and its session with it, as after a while. */
async function lose({ world }: Stage, machine = 'm0'): Promise<void> {
  await world.stopAgents();
  await world.coordinator.remove(paths.agent(machine));
}

/** In a process of its own: one that closes a file loses the locks it has on it. */
const copyStore = (from: string, to: string): unknown => execFileSync('cp', ['-r', from, to]);

/** Puts a state that is set up anew, or a copy, in the place of the one that the units know. */
async function replaceState({ world }: Stage, copy?: string): Promise<void> {
  await world.coordinator.close();
  await rm(world.path('state'), { recursive: true });
  if (copy !== undefined) return void copyStore(copy, world.path('state'));
  const coordinator = await openCoordinator(world.state);
  await bootstrapTree(coordinator);
  await coordinator.close();
}

/** A unit that runs, and whose agent is gone. */
async function left(stage: Stage): Promise<void> {
  await stage.unit();
  await lose(stage);
}

/** What an agent is told that comes to the machine of one that is up. */
async function refusedMachine({ world }: Stage): Promise<string> {
  const error = await world.agent({ dataDirectory: world.path('other'), patience: 200 }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof MachineTaken);
  return error.next ?? '';
}

const DIRECTORY = '--machine m0 --data-dir @/machines/m0';

/** What keeps agents from starting or going on, and what commands say of machines. */
export const agentRows: readonly Row[] = [
  {
    code: 'agent-down',
    by: 'the agent, started as it is printed',
    run: async (stage) => {
      await left(stage);
      const said = await stage.fails('ensemble run f/0 -- true', /the agent of f\/0 on machine m0 is down/);
      await stage.start(said, /ensemble-agent .*/);
      await stage.ok('ensemble run f/0 -- true');
    },
  },
  {
    code: 'agent-down',
    by: 'letting a suspended agent go on, as printed',
    run: async (stage) => {
      const { world } = stage;
      const first = await world.agentProcess();
      await stage.service();
      await world.untilOn(one);
      await first.suspend();
      await world.coordinator.remove(paths.agent('m0'));
      const said = await stage.fails('ensemble run f/0 -- true', /is suspended/);
      await stage.follow(said, /kill -CONT \d+/);
      await eventually(() => stage.ok('ensemble run f/0 -- true'));
    },
  },
  {
    code: 'agents-up',
    by: 'stopping them',
    run: async (stage) => {
      await stage.unit();
      const said = await stage.fails('ensemble destroy-environment --yes', /are up, on m0/);
      stage.named(said, /stop them first/);
      await lose(stage);
      await stage.ok('ensemble destroy-environment --yes');
    },
  },
  {
    code: 'agents-up',
    by: '--force',
    run: async (stage) => {
      await stage.unit();
      const line = 'ensemble destroy-environment --yes';
      const said = await stage.fails(line, /are up, on m0/);
      await stage.ok(`${line} ${stage.named(said, /--force/)}`);
    },
  },
  {
    code: 'machine-cordoned',
    by: 'uncordon',
    run: async (stage) => {
      await stage.unit();
      await stage.ok('ensemble cordon --reason disks m0');
      const line = 'ensemble add-unit --no-wait --machine m0 f';
      const said = await stage.fails(line, /takes no new units: disks/);
      await stage.follow(said, /ensemble uncordon m0/);
      await stage.ok(line);
    },
  },
  {
    code: 'machine-cordoned',
    by: 'leaving the choice of a machine to Ensemble',
    run: async (stage) => {
      await stage.unit();
      await stage.world.agent({ machine: 'm1' });
      await stage.ok('ensemble cordon m0');
      const said = await stage.fails('ensemble add-unit --machine m0 f', /cordoned/);
      stage.named(said, /leave the choice of a machine/);
      await stage.ok('ensemble add-unit f');
    },
  },
  {
    code: 'machine-hosts-units',
    by: 'remove-unit',
    run: async (stage) => {
      await stage.unit();
      const said = await stage.fails('ensemble remove-machine m0', /hosts a unit: f\/0/);
      await stage.follow(said, /ensemble remove-unit f\/0/);
      await eventually(async () => assert.deepEqual(await stage.world.coordinator.children(paths.units), []));
      await lose(stage);
      await stage.ok('ensemble remove-machine m0');
    },
  },
  {
    code: 'machine-hosts-units',
    by: 'remove-machine --force where it is lost, and --yes, which that asks for',
    run: async (stage) => {
      await left(stage);
      const said = await stage.fails('ensemble remove-machine m0', /hosts a unit: f\/0/);
      const line = stage.named(said, /ensemble remove-machine --force m0/);
      const asked = await stage.fails(line, /would remove/);
      await stage.ok(`${line} ${stage.named(asked, /--yes/)}`);
      assert.doesNotMatch(await stage.ok('ensemble machines'), /^m0/m);
    },
  },
  {
    code: 'machine-in-use',
    by: 'kill, as printed',
    run: async (stage) => {
      const agent = await stage.start(started(DIRECTORY, stage), /.*/);
      const said = await stage.fails('ensemble remove-machine m0', /the agent of machine m0 is up/);
      await stage.follow(said, /kill \d+/);
      await agent.ended;
      await stage.world.coordinator.remove(paths.agent('m0'));
      await stage.ok('ensemble remove-machine m0');
    },
  },
  {
    code: 'machine-not-found',
    by: 'an agent that registers it, as printed',
    run: async (stage) => {
      await stage.service();
      const add = 'ensemble add-unit --timeout 20s --machine m7 f';
      const said = await stage.fails(add, /machine m7 does not exist/);
      await stage.start(said, /ensemble-agent --machine m7/);
      await stage.ok(add);
    },
  },
  {
    code: 'machine-owned',
    by: 'the owner’s agent, started as printed',
    run: async (stage) => {
      await left(stage);
      const said = await stage.fails(
        agent('--machine m0 --data-dir @/other', stage),
        /belongs to the agent in/,
      );
      await stage.start(said, /ensemble-agent .*?--data-dir [^\s;]+/);
      await stage.world.untilOn(one);
    },
  },
  {
    code: 'machine-owned',
    by: '--take-over where the owner is lost: the units are installed anew',
    run: async (stage) => {
      await left(stage);
      const line = agent('--machine m0 --data-dir @/other', stage);
      const said = await stage.fails(line, /belongs to the agent in/);
      await stage.start(`${line} ${stage.named(said, /--take-over/)}`, /ensemble-agent .*/);
      await eventually(async () =>
        assert.equal((await stage.world.trace()).filter((each) => each === 'start 1').length, 2),
      );
    },
  },
  {
    code: 'machine-taken',
    by: '--take-over',
    run: async (stage) => {
      const first = await stage.world.agent();
      const next = await refusedMachine(stage);
      stage.named(next, /the same command with --take-over/);
      await stage.start(started('--machine m0 --data-dir @/other --take-over', stage), /.*/);
      assert.equal((await first.lost).code, 'machine-taken-over');
    },
  },
  {
    code: 'machine-taken',
    by: 'another name with --machine',
    run: async (stage) => {
      await stage.world.agent();
      const option = stage.named(await refusedMachine(stage), /(?<=choose another name with )--machine/);
      await stage.start(started(`${option} m1 --data-dir @/other`, stage), /.*/);
    },
  },
  {
    code: 'machine-taken-over',
    by: 'stopping the other one, and --take-over',
    run: async (stage) => {
      const { world } = stage;
      await stage.service();
      const line = started(DIRECTORY, stage);
      const first = await stage.start(line, /.*/);
      await world.untilOn(one);
      const other = await stage.start(started('--machine m0 --data-dir @/other --take-over', stage), /.*/);
      await first.ended;
      assert.match(first.said(), /machine m0 is being taken over by the agent in \S+other/);
      const option = stage.named(first.said(), /(?<=stop that one and start this one with )--take-over/);
      other.child.kill('SIGTERM');
      await other.ended;
      await world.coordinator.remove(paths.agent('m0'));
      await stage.start(`${line} ${option}`, /.*/);
      await world.untilOn(one);
    },
  },
  {
    code: 'take-over-broken-off',
    by: 'the owner’s agent, started as printed, or the same command again',
    run: async (stage) => {
      const { world } = stage;
      await world.publish(1, { hooks: { install: 'trap "gate end; exit 1" TERM; gate go' } });
      await world.deploy(one);
      const first = await stage.start(started(DIRECTORY, stage), /.*/);
      await world.until('installing');
      await eventually(async () => assert.deepEqual(await world.trace(), ['install 1']));
      const line = started('--machine m0 --data-dir @/other --take-over', stage);
      // Not after a time: the other agent may be gone by then, or this one may not wait for it yet.
      const waits = `until grep -q 'for it to go' said; do kill -0 $! || break; sleep 0.05; done`;
      const said = await stage.fails(
        `${line} >said 2>&1 & ${waits}; kill -TERM $!; wait $!; code=$?; cat said >&2; exit $code`,
        /was broken off/,
      );
      await world.openGate('end');
      await first.ended;
      stage.named(said, /the same command again/);
      const again = await stage.start(said, /ensemble-agent .*?--data-dir [^\s;]+/);
      again.child.kill('SIGTERM');
      await again.ended;
      await world.coordinator.remove(paths.agent('m0'));
      await stage.start(line, /.*/);
    },
  },
  {
    code: 'directory-of-other-machine',
    by: 'the machine whose directory it is',
    run: async (stage) => {
      await left(stage);
      const line = agent('--machine m1 --data-dir @/machines/m0', stage);
      const said = await stage.fails(line, /holds the units of machine m0/);
      await stage.start(line.replace('--machine m1', stage.named(said, /--machine m0/)), /ensemble-agent .*/);
      await stage.world.untilOn(one);
    },
  },
  {
    code: 'directory-of-other-machine',
    by: 'another --data-dir',
    run: async (stage) => {
      await left(stage);
      const line = agent('--machine m1 --data-dir @/machines/m0', stage);
      const said = await stage.fails(line, /holds the units of machine m0/);
      stage.named(said, /another --data-dir/);
      await stage.start(line.replace('machines/m0', 'machines/m1'), /ensemble-agent .*/);
    },
  },
  {
    code: 'data-directory-in-use',
    by: 'another --data-dir',
    run: async (stage) => {
      await stage.world.agent();
      const line = agent('--machine m1 --data-dir @/machines/m0', stage);
      const said = await stage.fails(line, /is in use by another agent/);
      stage.named(said, /choose another with --data-dir/);
      await stage.start(line.replace('machines/m0', 'machines/m1'), /ensemble-agent .*/);
    },
  },
  {
    code: 'data-directory-in-use',
    by: 'stopping the other one',
    run: async (stage) => {
      await stage.world.agent();
      const said = await stage.fails(agent(DIRECTORY, stage), /is in use by another agent/);
      stage.named(said, /stop it/);
      await stage.world.stopAgents();
      await stage.start(agent(DIRECTORY, stage), /ensemble-agent .*/);
    },
  },
  {
    code: 'data-directory-in-use',
    by: 'letting the other one go on, which is suspended, as printed',
    run: async (stage) => {
      const { world } = stage;
      const first = await world.agentProcess();
      await stage.service();
      await first.suspend();
      const said = await stage.fails(agent(DIRECTORY, stage), /which is suspended/);
      await stage.follow(said, /kill -CONT \d+/);
      await world.untilOn(one);
    },
  },
  {
    code: 'socket-path-too-long',
    by: 'a shorter --data-dir',
    run: async (stage) => {
      const long = agent(`--machine m0 --data-dir @/${'x'.repeat(100)}`, stage);
      const said = await stage.fails(long, /more than 107/);
      stage.named(said, /with a shorter --data-dir/);
      await stage.start(long.replace(/x{100}/, 'x'), /ensemble-agent .*/);
    },
  },
  {
    code: 'journal-damaged',
    by: 'resolved --retry, with which the unit begins anew',
    run: async (stage) => {
      const { world } = stage;
      await stage.unit();
      await world.stopAgents();
      await inJournal(stage, 'not a record');
      await world.agent();
      const next = await eventually(async () => {
        const { status } = await world.unit();
        assert.match(status.message, /is damaged at unit f\/0/);
        return status.next ?? '';
      });
      await stage.follow(next, /ensemble resolved --retry f\/0/);
      await eventually(async () =>
        assert.equal((await world.trace()).filter((each) => each === 'start 1').length, 2),
      );
      await world.untilOn(one);
    },
  },
  {
    code: 'journal-unreadable',
    by: 'moving it aside: its units begin anew',
    run: async (stage) => {
      const { world } = stage;
      await stage.unit();
      await world.stopAgents();
      const journal = world.path('machines', 'm0', 'journal');
      await writeFile(`${journal}/data.mdb`, 'no journal at all');
      const said = await stage.fails(agent(DIRECTORY, stage), /cannot be read/);
      stage.named(said, /move it aside/);
      await rename(journal, `${journal}.aside`);
      await stage.start(agent(DIRECTORY, stage), /ensemble-agent .*/);
      await eventually(async () =>
        assert.equal((await world.trace()).filter((each) => each === 'start 1').length, 2),
      );
    },
  },
  {
    code: 'state-foreign',
    by: '--accept-state, as printed: the units follow the state',
    run: async (stage) => {
      await stage.unit();
      await stage.world.stopAgents();
      await replaceState(stage);
      const said = await stage.fails(agent(DIRECTORY, stage), /belongs to environment/);
      await stage.start(said, /ensemble-agent .* --accept-state/);
      await eventually(async () => assert.equal((await stage.world.trace()).at(-1), 'stop 1'));
    },
  },
  {
    code: 'machine-name-refused',
    by: 'the name that would do, as printed',
    run: async (stage) => {
      const line = agent("--machine 'web 1' --data-dir @/machines/m1", stage);
      const said = await stage.fails(line, /cannot be called "web 1"/);
      await stage.start(
        line.replace("--machine 'web 1'", stage.named(said, /--machine \S+/)),
        /ensemble-agent .*/,
      );
      assert.match(await stage.ok('ensemble machines'), /^web-1 +up/m);
    },
  },
  {
    code: 'state-foreign',
    by: 'another directory with --data-dir',
    run: async (stage) => {
      await stage.unit();
      await stage.world.stopAgents();
      await replaceState(stage);
      const said = await stage.fails(agent(DIRECTORY, stage), /belongs to environment/);
      stage.named(said, /another directory with --data-dir/);
      await stage.start(agent('--machine m0 --data-dir @/other', stage), /ensemble-agent .*/);
      assert.ok(!(await stage.world.trace()).includes('stop 1'));
    },
  },
  {
    code: 'state-older',
    by: '--accept-state, as printed',
    run: async (stage) => {
      const { world } = stage;
      await stage.unit();
      await world.stopAgents();
      copyStore(world.path('state'), world.path('copy'));
      await world.agent();
      await world.deploy(one, 1, 'g');
      await world.untilOn(one, 'g/0');
      await world.stopAgents();
      await replaceState(stage, world.path('copy'));
      const said = await stage.fails(agent(DIRECTORY, stage), /is older than what the units of/);
      await stage.start(said, /ensemble-agent .* --accept-state/);
      assert.match(await stage.ok('ensemble status'), /f\/0 +started/);
    },
  },
  {
    code: 'state-replaced',
    by: 'starting it again, as printed: it says which state it is',
    run: async (stage) => {
      await stage.unit();
      await stage.world.stopAgents();
      const first = await stage.start(started(DIRECTORY, stage), /.*/);
      await replaceState(stage);
      await first.ended;
      assert.match(first.said(), /were removed or replaced while the agent/);
      const again = `timeout 30 ${stage.named(first.said(), /ensemble-agent .*/)}`;
      const said = await stage.fails(again, /belongs to environment/);
      await stage.start(said, /ensemble-agent .* --accept-state/);
    },
  },
];

/** Writes a record of f/0 into the journal of m0, as no release does. */
async function inJournal({ world }: Stage, record: string): Promise<void> {
  const store = open<string, string>({
    path: world.path('machines', 'm0', 'journal'),
    encoding: 'string',
    maxDbs: 4,
  });
  await store.openDB<string, string>({ name: 'units', encoding: 'string' }).put('f/0', record);
  await store.close();
}
