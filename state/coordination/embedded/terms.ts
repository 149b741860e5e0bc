import type { Clock } from '../../platform/clock.js';
import { type CoordinatorUnreachable, StateLocked } from '../errors.js';
import type { Blocker } from './turn.js';

/** How one client uses its store. Times are in milliseconds. */
export interface Terms {
  readonly url: string;
  readonly directory: string;
  readonly clock: Clock;
  /** `Infinity` waits for ever. */
  readonly requestTimeout: number;
  readonly blocked?: ((by: CoordinatorUnreachable | undefined) => void) | undefined;
}

/** @param waited in milliseconds; told to tenths of a second */
export function stateLocked({ url }: Terms, blocker: Blocker | undefined, waited: number): StateLocked {
  return new StateLocked(url, blocker === 'unseen' ? undefined : blocker, Math.round(waited / 100) / 10);
}

/** Tells the client's owner who is in the way; with undefined that nobody is any more. */
export function tellBlocked(terms: Terms, blocker: Blocker | undefined, waited: number): void {
  terms.blocked?.(blocker && stateLocked(terms, blocker, Math.floor(waited / 1_000) * 1_000));
}
