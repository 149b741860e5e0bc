import type { Repository } from '../../state/formula/repositories/repository.js';
import { openRepository } from '../../state/formula/repositories/open.js';
import { RepositoryNotFound, RepositoryUnavailable } from '../../state/formula/errors.js';
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

/** Asks a repository once, and tells how that went. */
export async function poll(location: string, clock: Clock): Promise<Polled> {
  const began = clock.monotonic();
  const ms = (): number => Math.round(clock.monotonic() - began);
  try {
    const repository = await openRepository(location);
    return { outcome: 'ok', ms: ms(), repository };
  } catch (error) {
    if (!(error instanceof EnsembleError)) throw error;
    if (error instanceof RepositoryNotFound)
      return { outcome: 'not-found', ms: ms(), error: sentence(error) };
    const retryAfter = error instanceof RepositoryUnavailable ? error.retryAfter : undefined;
    return {
      outcome: 'unavailable',
      ms: ms(),
      error: sentence(error),
      ...(retryAfter !== undefined && { retryAfter: retryAfter * 1_000 }),
    };
  }
}
