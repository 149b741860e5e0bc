import { type Clock, pause } from '../../platform/clock.js';
import type { ProcessName } from '../errors.js';

/** Who has the turn in the place of this process; 'unseen' where that cannot be told. */
export type Blocker = ProcessName | 'unseen';

/** When those who wait are told of it, in milliseconds, and how often again. */
const TOLD_AFTER = 5_000;
const TOLD_EVERY = 60_000;

/** Waits for a lock without taking it: `blocker` tells who has it, and is asked often at first, as most are soon let go. */
export class Turn {
  readonly #clock: Clock;
  readonly #blocker: () => Blocker | undefined;
  readonly #listeners = new Set<(blocker: Blocker | undefined, waited: number) => void>();
  #since: number | undefined;
  #last: Blocker | undefined;

  constructor(clock: Clock, blocker: () => Blocker | undefined) {
    this.#clock = clock;
    this.#blocker = blocker;
  }

  /** Who is waited for at present, and for how many milliseconds by now; undefined if nobody is. */
  get waiting(): { readonly blocker: Blocker; readonly waited: number } | undefined {
    if (this.#since === undefined || this.#last === undefined) return undefined;
    return { blocker: this.#last, waited: this.#clock.monotonic() - this.#since };
  }

  /** True if a turn would come at once. */
  get isFree(): boolean {
    return this.#blocker() === undefined;
  }

  /** @param tell told after five seconds of waiting, each minute after that, and with undefined when that has ended */
  onBlocked(tell: (blocker: Blocker | undefined, waited: number) => void): () => void {
    this.#listeners.add(tell);
    return () => this.#listeners.delete(tell);
  }

  /** Resolves with how long it waited, in milliseconds; with undefined when nobody wanted the turn any more. */
  async come(isWanted: () => boolean): Promise<number | undefined> {
    const begun = this.#clock.monotonic();
    let told = 0;
    try {
      for (;;) {
        if (!isWanted()) return undefined;
        const blocker = this.#blocker();
        const waited = this.#clock.monotonic() - begun;
        if (blocker === undefined) return waited;
        this.#since = begun;
        this.#last = blocker;
        if (waited >= (told === 0 ? TOLD_AFTER : told)) {
          told = waited + TOLD_EVERY;
          this.#tell(blocker, waited);
        }
        await pause(this.#clock, waited < 100 ? 1 : waited < 1_000 ? 5 : 50);
      }
    } finally {
      this.#since = undefined;
      this.#last = undefined;
      if (told > 0) this.#tell(undefined, this.#clock.monotonic() - begun);
    }
  }

  #tell(blocker: Blocker | undefined, waited: number): void {
    for (const listener of this.#listeners) listener(blocker, waited);
  }
}
