import type { Clock } from '../../state/platform/clock.js';
import type { ExitCode } from '../invocation/invocation.js';
import { formatDuration } from '../output/durations.js';
import type { Output } from '../output/output.js';
import { TIMED_OUT } from './command-result.js';

/** What an operator allows for a command of `run`, until a unit is asked. */
export interface TimeLimit {
  /** The environment's state answers. */
  reached(): void;
  /** A unit was asked: its agent, and who waits for that, know of the limit from then on. */
  readonly asked: () => void;
}

/**
 * Has the limit of a command hold for all that comes before a unit is asked, too: a coordinator that does not answer, or
 * answers slowly, would take time that the operator did not allow. Ctrl-C ends it at once. The process ends then, with what is still under way
 * in it.
 * @param timeout milliseconds; undefined: no limit
 * @returns what `work` gives, or the exit code of what took too long or was interrupted
 */
export async function askedWithin(
  timeout: number | undefined,
  interrupt: AbortSignal,
  output: Pick<Output, 'warn'>,
  clock: Clock,
  work: (limit: TimeLimit) => Promise<ExitCode>,
): Promise<ExitCode> {
  const end = new AbortController();
  let isReached = false;
  const late = new Promise<ExitCode>((resolve) => {
    const giveUp = (how: string, code: ExitCode): void => {
      const why = isReached
        ? 'the coordinator answers too slowly, and it is not known whether the unit was asked'
        : 'the coordinator has not answered, and no unit was asked';
      output.warn(`${how}: ${why}`);
      resolve(code);
    };
    const timer =
      timeout === undefined
        ? undefined
        : clock.after(timeout, () => giveUp(`not begun within ${formatDuration(timeout)}`, TIMED_OUT));
    interrupt.addEventListener('abort', () => giveUp('interrupted', 130), { signal: end.signal });
    end.signal.addEventListener('abort', () => timer?.cancel());
  });
  const working = work({
    reached: () => {
      isReached = true;
    },
    asked: () => end.abort(),
  });
  try {
    return await Promise.race([working, late]);
  } finally {
    end.abort();
    working.catch(() => undefined);
  }
}
