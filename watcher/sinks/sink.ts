import type { StoredAnnouncement } from '../../state/model/watcher-delivery.js';

/** What came of one try to deliver. */
export type Attempt =
  | { readonly kind: 'acknowledged' }
  | {
      readonly kind: 'failed';
      /** In words that follow the sink's name; says nothing that is secret. */
      readonly reason: string;
      /** The receiver itself is away or overloaded: others for it wait too. Otherwise it is this announcement's fault. */
      readonly isAway: boolean;
      /** Milliseconds for which the receiver asks to be left alone. */
      readonly retryAfter?: number;
      /** The receiver wants it no more. */
      readonly isOver?: boolean;
    };

/** One to whom announcements are delivered. */
export interface Sink {
  readonly name: string;
  /** After how many tries, and how many milliseconds after it was announced, one is given up. */
  readonly tries: number;
  readonly giveUp: number;
  /** True if announcements of this environment go to it. */
  takes(environment: string): boolean;
  /** Tries once, in bounded time. Never rejects. @param signal ends it at once */
  deliver(announcement: StoredAnnouncement, signal: AbortSignal): Promise<Attempt>;
}

export const acknowledged: Attempt = { kind: 'acknowledged' };

/** A try that failed by this announcement, or by the receiver as a whole. */
export function failed(
  reason: string,
  isAway: boolean,
  more: { readonly retryAfter?: number } = {},
): Attempt {
  return { kind: 'failed', reason, isAway, ...more };
}
