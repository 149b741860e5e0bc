import { retryAfterOf } from '../../../state/platform/retry-after.js';
import type { ForgeResponse } from './forge.js';

/** Milliseconds that are waited where a forge says that it was asked too often, and not for how long. */
const LEAST = 60_000;

/** Milliseconds that are waited at most: a clock that is wrong must not silence a repository for days. */
const MOST = 2 * 3_600_000;

/**
 * Until when nothing is to be asked, where an answer says that too much was; undefined of any other answer. GitHub says so
 * by 403 as well as by 429, with `Retry-After` or with the moment in which its count begins anew; GitLab by 429.
 * @param now milliseconds since the epoch
 */
export function limitedUntil(response: ForgeResponse, now: number): number | undefined {
  const { status } = response;
  if (status !== 403 && status !== 429) return undefined;
  const after = retryAfterOf(response.header('retry-after'), now);
  if (after !== undefined) return within(now + after * 1_000, now);
  const left = response.header('x-ratelimit-remaining') ?? response.header('ratelimit-remaining');
  const reset = Number(response.header('x-ratelimit-reset') ?? response.header('ratelimit-reset'));
  if (left?.trim() === '0' && reset > 0) return within(reset * 1_000, now);
  if (status === 429 || left?.trim() === '0' || /rate limit/i.test(response.body)) return now + LEAST;
  return undefined;
}

function within(until: number, now: number): number {
  return Math.min(Math.max(until, now + 1_000), now + MOST);
}
