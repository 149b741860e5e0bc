import type { Clock, Timer } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import type { Goal } from './goal.js';
import { type Row, rowsOf } from './row.js';
import { type WatchedUnits, watchUnits } from './watch-units.js';

/** Shows the followed units while they are under way. */
export interface Progress {
  show(rows: readonly Row[]): void;
  /** Called once, with the last rows; nothing is shown after it. */
  end(rows: readonly Row[]): void;
}

/** `settled`: every unit is done, failed, gone, or waits for something that only the operator can mend. */
export interface FollowEnd {
  readonly why: 'settled' | 'timeout' | 'interrupted';
  readonly rows: readonly Row[];
}

export interface FollowLimits {
  /** Milliseconds; without it, for as long as it takes. */
  readonly timeout: number | undefined;
  /** Aborted when the operator has seen enough. */
  readonly interrupt: AbortSignal;
}

/**
 * How long what keeps units waiting is given to pass before they count as waiting for the operator, in milliseconds:
 * little for an agent that was not seen since the command began, more for one that was, since it may just be
 * restarting, and for an agent that goes on trying. What was called off is read once more: a unit's formula and its flag
 * may have been read on either side of a commit; and so is what an agent of an older release does not tell, in the place
 * of which a newer one may just have come.
 */
const PATIENCE = { neverSeen: 1_000, calledOff: 3_000, passing: 15_000 } as const;

/** Standings that may pass: of what counts as waiting for the operator only after a while. */
const WAITING: ReadonlySet<Row['standing']> = new Set(['offline', 'stuck', 'called-off', 'untold', 'waits']);

/** Keeps a picture of units up to date, as `watchUnits` does. */
export type Watching = (...args: Parameters<typeof watchUnits>) => { end(): void };

/**
 * Follows units until all are settled, or a limit is met.
 * @param watch may do more than watch, as one does that drives a rollout
 * @throws CoordinatorUnreachable, NodeInvalid; the units go on by themselves all the same
 */
export async function followUnits(
  { coordinator, clock }: { readonly coordinator: Coordinator; readonly clock: Clock },
  goal: Goal,
  names: readonly string[],
  progress: Progress,
  limits: FollowLimits,
  watch: Watching = watchUnits,
): Promise<FollowEnd> {
  let rows: readonly Row[] = [];
  const seenUp = new Set<string>();
  let patience: Timer | undefined;
  let timeout: Timer | undefined;
  let watching: { end(): void } | undefined;
  const ofSameLives = withoutOtherLives();
  try {
    const why = await new Promise<FollowEnd['why']>((resolve, reject) => {
      const look = (watched: WatchedUnits): readonly string[] => {
        for (const machine of watched.agentsUp) seenUp.add(machine);
        rows = rowsOf(goal, names, ofSameLives(watched));
        progress.show(rows);
        const underWay = rows.filter((row) => row.standing === 'under-way');
        const waiting = rows.filter((row) => WAITING.has(row.standing));
        if (underWay.length > 0 || watched.goesOn === true) {
          patience?.cancel();
          patience = undefined;
        } else if (waiting.length > 0) {
          patience ??= clock.after(patienceWith(waiting, seenUp), () => resolve('settled'));
        } else if (watched.recent) resolve('settled');
        return [...underWay, ...waiting].map(({ unit }) => unit);
      };
      if (limits.timeout !== undefined) timeout = clock.after(limits.timeout, () => resolve('timeout'));
      limits.interrupt.addEventListener('abort', () => resolve('interrupted'), { once: true });
      watching = watch(coordinator, names, look, reject);
    });
    return { why, rows };
  } finally {
    patience?.cancel();
    timeout?.cancel();
    watching?.end();
    progress.end(rows);
  }
}

/** Standings that are waited for no longer than it takes to read them once more. */
const BRIEF: ReadonlySet<Row['standing']> = new Set(['called-off', 'untold', 'waits']);

function patienceWith(waiting: readonly Row[], seenUp: ReadonlySet<string>): number {
  const others = waiting.filter(({ standing }) => !BRIEF.has(standing));
  if (waiting.every(({ standing }) => standing === 'waits')) return PATIENCE.neverSeen;
  if (others.some(({ machine }) => machine !== null && seenUp.has(machine))) return PATIENCE.passing;
  return others.length < waiting.length ? PATIENCE.calledOff : PATIENCE.neverSeen;
}

/** Takes a unit of the same name that came after the followed one for what it is: another one. */
function withoutOtherLives(): (watched: WatchedUnits) => WatchedUnits {
  const lives = new Map<string, string | undefined>();
  return (watched) => {
    const units = new Map(watched.units);
    for (const [name, state] of watched.units) {
      if (state === undefined) continue;
      const { incarnation } = state.unit;
      // One of an older release has none, until an agent that takes it up gives it one.
      const followed = lives.get(name) ?? incarnation;
      lives.set(name, followed);
      if (followed !== incarnation) units.set(name, undefined);
    }
    return { ...watched, units };
  };
}
