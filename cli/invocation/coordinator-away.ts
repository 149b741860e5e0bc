import type { Clock, Timer } from '../../state/platform/clock.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { formatDuration } from '../output/durations.js';
import type { Output } from '../output/output.js';

/** How long the coordinator is away before that is told, in milliseconds: a server that restarts is not worth a word. */
const UNTOLD = 5_000;

/**
 * Waits until the coordinator is reached, and tells the operator if it does not answer: until it is given up, the command
 * would say nothing.
 * @param opening what `openCoordinator` gave
 */
export async function tellWhileOpening<T>(
  opening: Promise<T>,
  output: Pick<Output, 'warn'>,
  clock: Clock,
): Promise<T> {
  const timer = clock.after(UNTOLD, () =>
    output.warn('the coordinator has not answered for 5 s; this command goes on waiting for a moment'),
  );
  try {
    return await opening;
  } finally {
    timer.cancel();
  }
}

/** `since`: by the clock's monotonic time, in milliseconds. */
interface Absence {
  readonly since: number;
  told: boolean;
}

/**
 * Tells the operator when the coordinator does not answer, and when it answers again: whatever the command waits for,
 * nothing of it arrives meanwhile.
 * @returns what ends it
 */
export function tellOfAbsence(
  coordinator: Pick<Coordinator, 'onSession'>,
  output: Pick<Output, 'notice' | 'warn'>,
  clock: Clock,
): () => void {
  let untold: Timer | undefined;
  let away: Absence | undefined;
  const back = (): void => {
    untold?.cancel();
    if (away?.told)
      output.notice(
        `the coordinator answers again, after ${formatDuration(clock.monotonic() - away.since)}; going on`,
      );
    away = undefined;
  };
  const gone = (): void => {
    if (away !== undefined) return;
    const now: Absence = { since: clock.monotonic(), told: false };
    away = now;
    const since = new Date(clock.now())
      .toISOString()
      .replace(/\.\d+Z$/, 'Z')
      .replace('T', ' ');
    untold = clock.after(UNTOLD, () => {
      now.told = true;
      output.warn(
        `the coordinator does not answer since ${since}; this command goes on by itself when it is back`,
      );
    });
  };
  const forget = coordinator.onSession((event) => {
    if (event === 'disconnected') gone();
    else if (event === 'connected' || event === 'expired') back();
  });
  return () => {
    untold?.cancel();
    forget();
  };
}
