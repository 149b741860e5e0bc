import type { FormulaOptions, World } from '../agent/world.js';

/** The hooks that formulas of the fault table have. */
const HOOKS = [
  'install',
  'config-changed',
  'start',
  'stop',
  'upgrade-formula',
  'revert-formula',
  ...['joined', 'changed', 'departed', 'broken'].flatMap((event) => [
    `db-relation-${event}`,
    `site-relation-${event}`,
  ]),
];

const CONFIG = 'options:\n  title:\n    type: string\n    default: none\n';

/** Lines of shell by hook, run between the notes that it began and that it ended. */
export type Bodies = Readonly<Record<string, string>>;

/**
 * A formula whose hooks note that they began and ended, with their attempt. A lock that the kernel gives back when its
 * holder is gone, however that came about, tells whether two hooks of a unit overlap.
 */
export function tracingFormula(world: World, revision: number, bodies: Bodies = {}): FormulaOptions {
  const install = `echo ours >"$ENSEMBLE_DATA_DIR/book"\n${bodies.install ?? ''}`;
  const all: Bodies = { ...bodies, install };
  const names = [...new Set([...HOOKS, ...Object.keys(bodies)])];
  const hooks = names.map(
    (name) => [`hooks/${name}`, hook(world.path('trace'), revision, all[name] ?? '')] as const,
  );
  const metadata = `name: f\nrevision: ${revision}\nsummary: Notes what runs\nprovides: {site: page}\nrequires: {db: page}\n`;
  return { config: CONFIG, files: { 'metadata.yaml': metadata, ...Object.fromEntries(hooks) } };
}

function hook(trace: string, revision: number, body: string): string {
  return `#!/bin/sh
TRACE=${trace}
unit="$TRACE/\${ENSEMBLE_UNIT_NAME%/*}-\${ENSEMBLE_UNIT_NAME#*/}"
exec 9>"$unit.lock"
flock -n 9 || echo "overlap $ENSEMBLE_HOOK" >>"$unit"
echo "begin $ENSEMBLE_HOOK ${revision} $ENSEMBLE_HOOK_ATTEMPT $$" >>"$unit"
trap 'echo "end $ENSEMBLE_HOOK ${revision} $ENSEMBLE_HOOK_ATTEMPT $$" >>"$unit"' EXIT
# Waits until the test opens the gate, or is over.
gate() { while [ ! -e "$TRACE/gate-$1" ] && [ -d "$TRACE" ]; do sleep 0.05 9>&-; done; }
${body}
`;
}

/** One run of a hook, as it noted itself. */
export interface HookRun {
  readonly hook: string;
  readonly revision: number;
  readonly attempt: number;
  readonly pid: number;
  readonly ended: boolean;
}

/** What a unit's hooks noted: their runs in order, and the hooks that began while another one ran. */
export function readRuns(lines: readonly string[]): {
  readonly runs: readonly HookRun[];
  readonly overlaps: readonly string[];
} {
  const words = lines.map((line) => line.split(' '));
  const ended = new Set(words.filter(([kind]) => kind === 'end').map((line) => line.slice(1).join(' ')));
  return {
    runs: words
      .filter(([kind]) => kind === 'begin')
      .map(([, hook = '', revision, attempt, pid]) => ({
        hook,
        revision: Number(revision),
        attempt: Number(attempt),
        pid: Number(pid),
        ended: ended.has([hook, revision, attempt, pid].join(' ')),
      })),
    overlaps: words.filter(([kind]) => kind === 'overlap').map(([, hook = '']) => hook),
  };
}

/** A run as the table has it: `install 1`, or `install 1 #2` for a further attempt. */
export function formatRun({ hook, revision, attempt }: HookRun): string {
  return attempt === 1 ? `${hook} ${revision}` : `${hook} ${revision} #${attempt}`;
}

/**
 * The runs as the table has them, in order.
 * @param repeated hooks that run again and again: of these the first run stands for all, whatever became of it
 */
export function formatRuns(runs: readonly HookRun[], repeated: readonly string[] = []): readonly string[] {
  const isFirst = (run: HookRun): boolean => runs.find(({ hook }) => hook === run.hook) === run;
  return runs.filter((run) => !repeated.includes(run.hook) || isFirst(run)).map(formatRun);
}
