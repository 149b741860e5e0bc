/** How it went with a repository until now, as far as it decides when it is asked again. Times are milliseconds. */
export interface PollHistory {
  /** Polls in a row that failed. */
  readonly failures: number;
  /** Since boot: it is not asked before. */
  readonly until: number;
}

/** The first failure in a row is asked again in the next pass: most are over by then. */
export const NO_HISTORY: PollHistory = { failures: 0, until: 0 };

/** No repository is left alone for longer by its failures. */
const LONGEST = 3_600_000;
/** Nor for longer by its own word, in milliseconds. */
export const LONGEST_ASKED = 6 * 3_600_000;
/** The share of a back-off by which it may be shorter: repositories that failed together are not asked together. */
const JITTER = 0.3;

/** The failure after which a repository is left alone for a while. */
const OPENS_AT = 2;

/**
 * The history after one more poll.
 * @param failed undefined where it answered; else for how long it asks to be left alone, if it says so
 * @param now milliseconds since boot
 * @param period milliseconds from one pass to the next
 * @param random uniform in [0, 1)
 */
export function afterPoll(
  before: PollHistory,
  failed: { readonly retryAfter?: number | undefined } | undefined,
  { now, period, random }: { readonly now: number; readonly period: number; readonly random: () => number },
): PollHistory {
  if (failed === undefined) return NO_HISTORY;
  const failures = before.failures + 1;
  const wait = failures < OPENS_AT ? 0 : Math.min(LONGEST, period * 2 ** (failures - 1));
  const spread = wait * (1 - JITTER * random());
  const asked = Math.min(LONGEST_ASKED, failed.retryAfter ?? 0);
  return { failures, until: Math.max(spread, asked) === 0 ? 0 : now + Math.max(spread, asked) };
}

/** `open` while it is left alone; `half-open` when the next poll decides; else `closed`. */
export function circuitOf({ failures, until }: PollHistory, now: number): 'closed' | 'open' | 'half-open' {
  if (until > now) return 'open';
  return failures < OPENS_AT ? 'closed' : 'half-open';
}
