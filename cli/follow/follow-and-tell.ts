import { type Clock, systemClock } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { readMachinesUp } from '../../state/model/machines.js';
import { readUnitStates } from '../../control/status/snapshot.js';
import type { ExitCode, FollowOptions, Invocation } from '../invocation/invocation.js';
import type { Session } from '../../control/session.js';
import { readStartAdvice } from '../../control/start-advice.js';
import { type FollowEnd, followUnits, type Progress } from '../../control/progress/follow.js';
import type { Row } from '../../control/progress/row.js';
import type { Goal } from '../../control/progress/goal.js';
import { leftBehindLines } from './left-behind-lines.js';
import { lineProgress } from './line-progress.js';
import { parseSound } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import type { Output } from '../output/output.js';
import type { FollowedRollout } from './followed-rollout.js';
import { namesOf } from '../../control/names-of.js';
import { exitCodeOf, summarize } from './summary.js';
import { terminalProgress } from './terminal-progress.js';

/** The machine of each unit, null while it has none: of a caller who has just read it. */
export type UnitMachines = ReadonlyMap<string, string | null>;

/**
 * Follows units as the operator asked for, and tells how it ended. With `--no-wait` it only warns about units that
 * nobody works on. Ctrl-C ends the following, never what the units do.
 */
export async function followAndTell(
  session: Session,
  { output }: Invocation,
  goal: Goal,
  units: readonly string[],
  options: FollowOptions & {
    readonly machines?: UnitMachines;
    /** Told how the following ended; undefined where there was none. */
    readonly ended?: (end: FollowEnd | undefined) => Promise<void>;
    /** The rollout that the units are in: followed and driven. */
    readonly rollout?: FollowedRollout;
  },
  clock: Clock = systemClock,
): Promise<ExitCode> {
  const { coordinator } = session;
  const { rollout } = options;
  if (!options.wait) {
    await rollout?.begin();
    await warnOfAbsentAgents(session, { output }, units, options.machines);
    await options.ended?.(undefined);
    return 0;
  }
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  process.once('SIGINT', stop);
  const screen = output.stderr;
  const progress = carrying(
    screen.isTerminal ? terminalProgress(screen, clock) : lineProgress(screen),
    output.carried,
  );
  const begun = clock.monotonic();
  try {
    const limits = { timeout: options.timeout, interrupt: interrupt.signal };
    const end = await followUnits({ coordinator, clock }, goal, units, progress, limits, rollout?.watch);
    const verdict = rollout?.verdict();
    const elapsed = clock.monotonic() - begun;
    const offline = end.rows.filter(({ standing }) => standing === 'offline');
    const start = await readStartAdvice(
      session,
      offline.map(({ machine }) => machine),
    );
    for (const line of summarize(goal, end, elapsed, start, start.why, verdict?.off)) output.notice(line);
    for (const line of verdict?.lines ?? []) output.notice(line);
    for (const line of leftBehindLines(goal.service, end.rows)) output.warn(line);
    const isGoing = await tellOfDestruction(coordinator, goal.service, end, output);
    await options.ended?.(end);
    const code = exitCodeOf(end);
    // After Ctrl-C nobody knows what becomes of it.
    const ofRollout = code === 130 ? code : (verdict?.code ?? code);
    return ofRollout || (isGoing ? 1 : 0);
  } finally {
    process.off('SIGINT', stop);
  }
}

/** A request to a service that somebody destroyed meanwhile has come to nothing, though its units are fine. */
async function tellOfDestruction(
  coordinator: Coordinator,
  service: string,
  { rows }: FollowEnd,
  output: Output,
): Promise<boolean> {
  if (!rows.some(({ standing }) => standing === 'gone')) return false;
  const found = parseSound(
    paths.service(service),
    serviceSchema,
    await coordinator.get(paths.service(service)),
    [],
  );
  if (found !== undefined && found.value.destroying !== true) return false;
  output.notice(`service ${service} ${found === undefined ? 'was' : 'is being'} destroyed meanwhile`);
  output.notice(`  try: ensemble history ${service}`);
  return true;
}

/** Progress whose commands go to the environment that was chosen. */
function carrying(progress: Progress, carried: (text: string) => string): Progress {
  const withChoice = (rows: readonly Row[]): readonly Row[] =>
    rows.map((row) => ({ ...row, message: carried(row.message) }));
  return {
    show: (rows) => progress.show(withChoice(rows)),
    end: (rows) => progress.end(withChoice(rows)),
  };
}

async function readHosts(coordinator: Coordinator, units: readonly string[]): Promise<UnitMachines> {
  const states = await readUnitStates(coordinator, units);
  return new Map(states.flatMap((state) => (state === undefined ? [] : [[state.name, state.unit.machine]])));
}

/** Says for units whose machine has no agent up that their request waits, and how to start one. */
export async function warnOfAbsentAgents(
  session: Session,
  { output }: Pick<Invocation, 'output'>,
  units: readonly string[],
  known?: UnitMachines,
): Promise<void> {
  const { coordinator } = session;
  const [up, hosts] = await Promise.all([
    readMachinesUp(coordinator),
    known ?? readHosts(coordinator, units),
  ]);
  const waiting = new Map<string | null, string[]>();
  for (const unit of units) {
    const machine = hosts.get(unit);
    if (machine === undefined || up.has(machine ?? '')) continue;
    const names = waiting.get(machine) ?? [];
    names.push(unit);
    waiting.set(machine, names);
  }
  const start = await readStartAdvice(session, [...waiting.keys()]);
  for (const [machine, names] of waiting) {
    output.warn(`${start.why(machine)}, so ${namesOf(names)} must wait; ${start(machine)}`);
  }
}
