import { RepositoryNotFound, RepositoryUnavailable } from '../../state/formula/errors.js';
import type { IndexJudge } from '../../state/formula/repositories/index-judge.js';
import { openRepository } from '../../state/formula/repositories/open.js';
import type { Repository } from '../../state/formula/repositories/repository.js';
import type { Clock } from '../../state/platform/clock.js';
import { EnsembleError } from '../../state/platform/errors.js';
import { sentence } from '../contract/log.js';

/** How a repository answered. What is not `ok` says nothing of what it has. */
export type Polled =
  | { readonly outcome: 'ok'; readonly ms: number; readonly repository: Repository }
  | {
      readonly outcome: 'unavailable' | 'rate-limited' | 'not-found';
      readonly ms: number;
      readonly error: string;
      /** Milliseconds for which it asks to be left alone. */
      readonly retryAfter?: number;
    };

/** How long a poll may take, in milliseconds: in all, and without a byte. */
export interface PollLimits {
  readonly wall: number;
  readonly silence: number;
}

export const pollLimits: PollLimits = { wall: 120_000, silence: 30_000 };

/** Milliseconds that what was ended may take to end. */
const ENDING = 10_000;

interface Asking {
  readonly clock: Clock;
  readonly limits: PollLimits;
  /** What it was when it was asked last. */
  readonly known?: Repository | undefined;
  readonly judge?: IndexJudge | undefined;
  /** Aborted when the watcher ends. */
  readonly signal: AbortSignal;
}

/** Asks a repository once, in bounded time whatever it does, and tells how that went. */
export async function poll(location: string, asking: Asking): Promise<Polled> {
  const { clock, limits, known, judge, signal } = asking;
  const began = clock.monotonic();
  const ms = (): number => Math.round(clock.monotonic() - began);
  const tooLong = new AbortController();
  const timers = [clock.after(limits.wall, () => tooLong.abort())];
  const late = new Promise<Polled>((resolve) => {
    const error = `${location} did not answer within ${Math.round(limits.wall / 1_000)} s`;
    timers.push(
      clock.after(limits.wall + ENDING, () => resolve({ outcome: 'unavailable', ms: ms(), error })),
    );
  });
  const asked = openRepository(location, {
    known,
    judge,
    limits: { ...limits, signal: AbortSignal.any([signal, tooLong.signal]) },
  }).then(
    (repository): Polled => ({ outcome: 'ok', ms: ms(), repository }),
    (error: unknown) => failure(error, ms()),
  );
  try {
    return await Promise.race([asked, late]);
  } finally {
    for (const timer of timers) timer.cancel();
  }
}

function failure(error: unknown, ms: number): Polled {
  if (!(error instanceof EnsembleError)) throw error;
  const said = { ms, error: sentence(error) };
  if (error instanceof RepositoryNotFound) return { outcome: 'not-found', ...said };
  if (!(error instanceof RepositoryUnavailable)) return { outcome: 'unavailable', ...said };
  const { retryAfter, rateLimited } = error;
  return {
    outcome: rateLimited === true ? 'rate-limited' : 'unavailable',
    ...said,
    ...(retryAfter !== undefined && { retryAfter: retryAfter * 1_000 }),
  };
}
