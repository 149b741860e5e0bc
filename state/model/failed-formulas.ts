import * as z from '../platform/zod.js';

/** A formula that failed on a service, or that it went back from: how often in a row, when last, and why. */
const failureSchema = z.looseObject({ times: z.int(), at: z.string(), reason: z.string() });

export type FormulaFailure = z.infer<typeof failureSchema>;

/**
 * What failed on a service, by the formula's id, in its rollout's node: whoever upgrades by itself leaves it alone for a
 * while. It is forgotten when somebody asks for it, and when it succeeds.
 */
export const failuresSchema = z.record(z.string(), failureSchema);
type Failures = z.infer<typeof failuresSchema>;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Milliseconds until a formula is tried again by itself, by how often it failed in a row. Prior art: snapd's refreshes. */
const BACK_OFF = [8 * HOUR, 12 * HOUR, DAY, 2 * DAY, 4 * DAY, 7 * DAY, 10.5 * DAY, 14 * DAY] as const;

/** How many formulas are remembered. */
const REMEMBERED = 10;

/** When it may be tried again by itself, in milliseconds since the epoch. An instant that cannot be read is long ago. */
export function mayTryAgainAt({ times, at }: FormulaFailure): number {
  const index = Math.min(Math.max(times, 1), BACK_OFF.length) - 1;
  const since = Date.parse(at);
  return (Number.isFinite(since) ? since : 0) + (BACK_OFF[index] ?? 14 * DAY);
}

/** The failures after one more. @param at ISO instant */
export function withFailure(failures: Failures = {}, formula: string, at: string, reason: string): Failures {
  const { [formula]: before, ...others } = failures;
  const failure = { ...before, times: (before?.times ?? 0) + 1, at, reason };
  return Object.fromEntries([...Object.entries(others), [formula, failure]].slice(-REMEMBERED));
}

/** The failures without those of a formula; undefined where none is left. */
export function withoutFailure(failures: Failures = {}, formula: string): Failures | undefined {
  const { [formula]: _forgotten, ...others } = failures;
  return Object.keys(others).length === 0 ? undefined : others;
}

/** A failure in words: `principia:web-2 failed twice, last at 2026-01-01T00:00:00Z: web/2 failed: exit 1`. */
export function failureText(formula: string, { times, at, reason }: FormulaFailure): string {
  const often = times === 2 ? ' twice' : ` ${times} times`;
  const when = at.replace(/\.\d+Z$/, 'Z');
  // An operator who had a service go back need not have said why.
  const [did, why] = reason === '' ? ['was gone back from', ''] : ['failed', `: ${reason}`];
  return `${formula} ${did}${times === 1 ? '' : `${often}, last`} at ${when}${why}`;
}
