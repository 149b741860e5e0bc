import type { Clock, Timer } from '../platform/clock.js';

/** Milliseconds between two full looks, unless a client is opened with another interval. */
export const FULL_LOOK = 300_000;

/**
 * Calls `look` every `interval` milliseconds, a quarter more or less, so that many clients do not look at one moment. An
 * event that a live connection lost is made up for by it: it costs one and a quarter of the interval at most.
 * @returns what ends it
 */
export function lookAtIntervals(
  clock: Clock,
  random: () => number,
  interval: number,
  look: () => void,
): () => void {
  let timer: Timer | undefined;
  const next = (): void => {
    timer = clock.after(interval * (0.75 + random() / 2), () => {
      look();
      next();
    });
  };
  if (Number.isFinite(interval)) next();
  return () => timer?.cancel();
}
