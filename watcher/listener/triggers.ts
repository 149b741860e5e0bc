import { type Clock, pause } from '../../state/platform/clock.js';

interface TriggersOptions {
  readonly clock: Clock;
  /** Looks at the repositories of these keys now; what comes meanwhile is looked at after it. */
  readonly look: (keys: ReadonlySet<string>) => Promise<void>;
  /** Told of a look that failed beyond what is expected; the next one begins anew. */
  readonly failed: (error: unknown) => void;
}

/** Milliseconds from the end of one look to the next: what comes by the dozen is looked at once. */
const REST = 1_000;

/**
 * The repositories that somebody says to look at now. Each is looked at after the last time that this was said of it, never
 * only before; so nothing that came while a look was under way is lost.
 */
export class Triggers {
  #pending = new Set<string>();
  readonly #closing = new AbortController();
  #looking: Promise<void> | undefined;
  readonly #options: TriggersOptions;

  constructor(options: TriggersOptions) {
    this.#options = options;
  }

  /** Has these looked at soon. */
  add(keys: Iterable<string>): void {
    for (const key of keys) this.#pending.add(key);
    if (this.#pending.size > 0 && !this.#closing.signal.aborted) this.#looking ??= this.#look();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { clock, look, failed } = this.#options;
    while (this.#pending.size > 0 && !this.#closing.signal.aborted) {
      const keys = this.#pending;
      this.#pending = new Set();
      await look(keys).catch(failed);
      await pause(clock, REST, this.#closing.signal).catch(() => undefined);
    }
    this.#looking = undefined;
  }
}
