interface Bucket {
  readonly tokens: number;
  /** Milliseconds since boot. */
  readonly at: number;
}

/** How many requests one sender may make. */
export interface RateLimits {
  /** At once. */
  readonly burst: number;
  readonly perSecond: number;
}

/** Senders that are remembered; the one that asked longest ago is forgotten first. */
const MOST_SENDERS = 1_000;

/** Counts requests by their senders. */
export class RateLimit {
  readonly #buckets = new Map<string, Bucket>();
  readonly #limits: RateLimits;

  constructor(limits: RateLimits) {
    this.#limits = limits;
  }

  /**
   * Counts one more request.
   * @param now milliseconds since boot
   * @returns 0, or the milliseconds after which it may come again
   */
  take(sender: string, now: number): number {
    const { burst, perSecond } = this.#limits;
    const before = this.#buckets.get(sender) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, before.tokens + (Math.max(0, now - before.at) * perSecond) / 1_000);
    this.#buckets.delete(sender);
    this.#buckets.set(sender, { tokens: tokens < 1 ? tokens : tokens - 1, at: now });
    if (this.#buckets.size > MOST_SENDERS) {
      const [longest] = this.#buckets.keys();
      if (longest !== undefined) this.#buckets.delete(longest);
    }
    return tokens < 1 ? Math.ceil(((1 - tokens) * 1_000) / perSecond) : 0;
  }
}
