import type { Delivery } from '../../state/model/watcher-delivery.js';
import type { Attempt, Sink } from '../sinks/sink.js';

/** Milliseconds before the second try, and the most between two. */
const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 300_000;

/**
 * Milliseconds for which a delivery waits that failed `tries` times: up to twice as long each time, and never less than half
 * of that; by chance, so that many do not come at once.
 */
export function pauseAfter(tries: number, random: () => number): number {
  const whole = Math.min(FIRST_PAUSE * 2 ** Math.min(tries - 1, 30), LONGEST_PAUSE);
  return Math.round(whole * (0.5 + random() / 2));
}

/**
 * A delivery after a try that failed: in line again, or given up.
 * @param now milliseconds since 1970
 */
export function afterFailure(
  delivery: Delivery,
  failure: Extract<Attempt, { kind: 'failed' }>,
  { tries: mostTries, giveUp }: Pick<Sink, 'tries' | 'giveUp'>,
  now: number,
  random: () => number,
): Delivery {
  const tries = delivery.tries + 1;
  const { nextAt: _, ...standing } = delivery;
  const tried = { ...standing, tries, lastAt: iso(now), reason: failure.reason.slice(0, 500) };
  const isOld = !(now - Date.parse(delivery.queuedAt) < giveUp);
  if (failure.isOver === true || isOld || tries >= mostTries) return { ...tried, state: 'dead' };
  return { ...tried, nextAt: iso(now + Math.max(failure.retryAfter ?? 0, pauseAfter(tries, random))) };
}

/**
 * Milliseconds until a delivery is due; no longer than anything ever waits, whatever the clock was when that was written.
 * @param now milliseconds since 1970
 */
export function dueIn({ nextAt }: Delivery, now: number): number {
  const wait = nextAt === undefined ? 0 : Date.parse(nextAt) - now;
  return Number.isNaN(wait) ? 0 : Math.min(Math.max(0, wait), LONGEST_WAIT);
}

/** As long as a receiver may ask to be left alone. */
const LONGEST_WAIT = 3_600_000;

const iso = (at: number): string => new Date(at).toISOString();
