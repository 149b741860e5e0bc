import { type Clock, pause } from '../../state/platform/clock.js';
import { CoordinatorUnreachable, OutcomeUnknown } from '../../state/coordination/errors.js';
import { EnsembleError } from '../../state/platform/errors.js';
import { DownloadDiskFull, StorageMissing, StorageUnreachable } from '../../state/storage/errors.js';
import { NoProgress } from './errors.js';

/** So often in a row one and the same answer is got: for about ten minutes, by the pauses of `untilItWorks`. */
const MOST_ANSWERS = 20;

/**
 * The loop breaker of `mayHeal`: what nobody answers, and what lacks room, is waited for however long it takes; but the
 * same answer again and again, such as an object with other bytes than were published, does not change by being asked
 * for once more.
 * @throws NoProgress in its place
 */
export function unlessRepeated(mayHeal: (error: unknown) => boolean): (error: unknown) => boolean {
  let last: string | undefined;
  let times = 0;
  return (error) => {
    if (!mayHeal(error)) return false;
    if (!isAnswer(error)) return true;
    times = error.code === last ? times + 1 : 1;
    last = error.code;
    if (times < MOST_ANSWERS) return true;
    throw new NoProgress(
      { sentence: `${error.message}; ${times} times in a row`, next: error.next },
      { cause: error },
    );
  };
}

function isAnswer(error: unknown): error is EnsembleError {
  const absences = [
    StorageUnreachable,
    StorageMissing,
    DownloadDiskFull,
    CoordinatorUnreachable,
    OutcomeUnknown,
  ];
  return error instanceof EnsembleError && !absences.some((absence) => error instanceof absence);
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 60_000;

/** Milliseconds to wait after a failure that `failures` others came before: half a second to a minute, with jitter. */
export function pauseAfter(failures: number, random: () => number): number {
  return Math.min(FIRST_PAUSE * 2 ** failures, LONGEST_PAUSE) * (0.5 + random() / 2);
}

/**
 * Tries until it succeeds: for what heals by itself (storage, coordinator, a full disk). The pauses double from half a
 * second to a minute, with jitter, so that many agents do not come back at the same moment.
 * @param failed told of each failure and the pause that follows, in milliseconds
 * @param hurried resolves when somebody says that it may work now: the pause ends, and the next ones are short again
 * @throws what `mayHeal` does not accept; the signal's reason when it is aborted
 */
export async function untilItWorks<T>(
  attempt: () => Promise<T>,
  {
    clock,
    random,
    mayHeal,
    failed,
    signal,
    hurried,
  }: {
    readonly clock: Clock;
    readonly random: () => number;
    readonly mayHeal: (error: unknown) => boolean;
    readonly failed: (error: unknown, pauseMs: number) => void;
    readonly signal?: AbortSignal;
    readonly hurried?: () => Promise<void>;
  },
): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!mayHeal(error)) throw error;
      const ms = pauseAfter(tries, random);
      failed(error, ms);
      if (await isHurried(clock, ms, signal, hurried)) tries = -1;
    }
  }
}

/** Pauses. @returns true where that ended before its time */
async function isHurried(
  clock: Clock,
  ms: number,
  signal: AbortSignal | undefined,
  hurried: (() => Promise<void>) | undefined,
): Promise<boolean> {
  if (hurried === undefined) {
    await pause(clock, ms, signal);
    return false;
  }
  const over = new AbortController();
  const signals = signal === undefined ? [over.signal] : [over.signal, signal];
  const elapsed = pause(clock, ms, AbortSignal.any(signals)).then(() => false);
  try {
    return await Promise.race([elapsed, hurried().then(() => true)]);
  } finally {
    elapsed.catch(() => undefined);
    over.abort();
  }
}
