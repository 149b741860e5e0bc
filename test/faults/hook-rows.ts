import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { AgentOptions } from '../../agent/options.js';
import { openJournal } from '../../agent/journal/journal.js';
import { readRecord } from '../../hooks/process/run-directory.js';
import { isErrorState, type WorkflowState } from '../../state/model/workflow-state.js';
import { eventually } from '../eventually.js';
import type { DeedRow, Scene } from './deed.js';
import type { EngineName } from './row.js';
import { UNIT } from './life.js';
import { type StageName, stages } from './stages.js';

/** The hooks that faults happen to: in which stage, and the error state a failure leads to. */
const hooks: readonly { readonly stage: StageName; readonly hook: string; readonly error: WorkflowState }[] =
  [
    { stage: 'install', hook: 'install', error: 'install-error' },
    { stage: 'install', hook: 'start', error: 'start-error' },
    { stage: 'upgrade', hook: 'upgrade-formula', error: 'upgrade-error' },
    { stage: 'revert', hook: 'revert-formula', error: 'upgrade-error' },
    { stage: 'remove', hook: 'stop', error: 'stop-error' },
  ];

/** What happens in a hook the first time it runs. */
interface HookFault {
  readonly fault: string;
  readonly body: string;
  /** Whether the unit comes to rest in an error, and an operator has the hook run again. */
  readonly isError: boolean;
  /** Whether the hook runs again at all. */
  readonly again: boolean;
  /** Whether `start` runs once more at the end, where it had run. */
  readonly restarts?: boolean;
  readonly options?: Partial<AgentOptions>;
  readonly deed?: (scene: Scene, hook: string) => Promise<void>;
}

const faults: readonly HookFault[] = [
  { fault: 'a hook fails', body: 'exit 3', isError: true, again: true },
  { fault: 'a hook kills itself', body: 'kill -9 $$', isError: true, again: true },
  { fault: 'a hook is killed with all its processes', body: 'kill -9 0', isError: true, again: true },
  // It goes on to its end, and nobody knows how that was.
  {
    fault: 'a hook kills whoever waits for it',
    body: 'kill -9 "$PPID"',
    isError: true,
    again: true,
  },
  {
    fault: 'a hook takes longer than its time limit',
    body: 'sleep 600 9>&-',
    isError: true,
    again: true,
    options: { hookTimeLimit: 700 },
  },
  {
    fault: 'a hook takes too long and ignores SIGTERM',
    body: "trap '' TERM; sleep 600 9>&-; sleep 600 9>&-",
    isError: true,
    again: true,
    options: { hookTimeLimit: 700, hookKillDelay: 200 },
  },
  {
    fault: 'a hook leaves a child that holds its output',
    body: 'sleep 20 9>&- &',
    isError: false,
    again: false,
  },
  {
    fault: 'a hook kills its agent',
    body: 'kill -9 "$(cut -d" " -f1 "$(dirname "$ENSEMBLE_AGENT_SOCKET")/agent.pid")"',
    isError: false,
    again: false,
    deed: withMortalAgent,
  },
  {
    fault: 'the machine is rebooted in a hook',
    body: 'gate never',
    isError: false,
    again: true,
    restarts: true,
    deed: rebootIn,
  },
];

async function withMortalAgent({ world, ask, agent }: Scene): Promise<void> {
  const mortal = await world.agentProcess('m0', { up: false });
  await ask();
  await mortal.ended();
  await agent();
}

/** Everything of the machine is gone at once; its next boot finds the journal as it was written to the disk. */
async function rebootIn({ world, ask, begun, agent }: Scene, hook: string): Promise<void> {
  const mortal = await world.agentProcess('m0', { up: false });
  await ask();
  await begun(hook);
  await mortal.kill();
  const journal = openJournal(world.path('machines', 'm0', 'journal'));
  const record = journal.load().units.find(({ unit }) => unit === UNIT);
  assert.ok(record?.hook, 'the hook is in the journal');
  const directory = world.path('machines', 'm0', 'runs', record.hook.id);
  const run = await readRecord(directory);
  assert.ok(run, 'the hook has written who it is');
  process.kill(run.waiter.pid, 'SIGKILL');
  process.kill(-run.leader.pid, 'SIGKILL');
  // One that is killed keeps its lock until it gets the processor once more.
  const lock = world.path('trace', 'f-0.lock');
  await eventually(() => assert.equal(spawnSync('flock', ['-n', lock, 'true']).status, 0), 60_000);
  const boot = 'the boot before';
  await journal.write({ ...record, boot, hook: { ...record.hook, boot } });
  await journal.close();
  await agent();
}

/** The runs of a stage in which `hook` ran a second time. */
function runsAgain(runs: readonly string[], hook: string): readonly string[] {
  const last = runs.findLastIndex((run) => run.startsWith(`${hook} `));
  return runs.toSpliced(last + 1, 0, `${runs[last]} #2`);
}

function rowsOf(engine: EngineName, those: readonly HookFault[]): readonly DeedRow[] {
  return hooks.flatMap(({ stage, hook, error }) =>
    those.map(({ fault, body, isError, again, restarts, options, deed }): DeedRow => {
      const { after, hooks } = stages[stage];
      const restart =
        restarts && (stage === 'upgrade' || stage === 'revert') ? [`start ${after?.at(-1)}`] : [];
      const runs = [...hooks, ...restart];
      const end: readonly WorkflowState[] = after === null ? [] : ['started'];
      return {
        engine,
        stage,
        fault,
        where: hook,
        often: 'once',
        states: isError ? [error, ...end] : end,
        hooks: again ? runsAgain(runs, hook) : runs,
        disk: after,
        tree: after,
        bodies: {
          [hook]: `[ -e "$TRACE/once" ] || { : >"$TRACE/once"; ${body}${body.endsWith('&') ? '' : ';'} }`,
        },
        ...(options && { options }),
        deed: (scene) => (deed ?? undisturbed)(scene, hook),
      };
    }),
  );
}

async function undisturbed({ agent, ask }: Scene): Promise<void> {
  await agent();
  await ask();
}

/** An upgrade hook that fails whenever it runs: the unit rests in its error, on the new formula, and waits. */
const hopeless: DeedRow = {
  engine: 'embedded',
  stage: 'upgrade',
  fault: 'a hook fails',
  where: 'upgrade-formula',
  often: 'always',
  states: ['upgrade-error'],
  hooks: [...stages.upgrade.hooks.slice(0, 3), 'upgrade-formula 2'],
  disk: stages.upgrade.after,
  tree: stages.upgrade.before,
  bodies: { 'upgrade-formula': 'exit 3' },
  deed: async ({ world, agent, ask }) => {
    await agent();
    await ask();
    await eventually(async () => assert.ok(isErrorState((await world.unit()).status.state)));
  },
};

/** Killed with its machine again and again, a hook is not started for ever: after three times an operator is asked. */
const endless: DeedRow = {
  ...hopeless,
  fault: 'the machine is rebooted in a hook',
  hooks: [
    ...stages.upgrade.hooks.slice(0, 3),
    'upgrade-formula 2',
    'upgrade-formula 2 #2',
    'upgrade-formula 2 #3',
  ],
  bodies: { 'upgrade-formula': 'gate never' },
  deed: async (scene) => {
    let asked = false;
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await rebootIn(
        {
          ...scene,
          ask: async () => {
            if (!asked) await scene.ask();
            asked = true;
          },
          begun: () =>
            eventually(async () => {
              const begun = (await scene.world.trace()).filter((line) =>
                line.startsWith('begin upgrade-formula'),
              );
              assert.equal(begun.length, attempt);
            }),
          agent: async () => undefined,
        },
        'upgrade-formula',
      );
    }
    await scene.agent();
  },
};

/** The cases whose fault happens to a hook. */
export const hookRows: readonly DeedRow[] = [
  ...rowsOf('embedded', faults),
  ...rowsOf(
    'zookeeper',
    faults.filter(({ fault }) => /agent|rebooted/.test(fault)),
  ),
  hopeless,
  endless,
];
