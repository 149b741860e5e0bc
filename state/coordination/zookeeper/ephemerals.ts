import { type Clock, pause } from '../../platform/clock.js';

/** The part of the tree that a session's ephemeral nodes need; paths are the caller's. */
interface EphemeralTree {
  /** Creates it, for as long as it takes. */
  create(path: string, value: string): Promise<'created' | 'exists' | 'refused' | 'no-parent'>;
  /** Id of the session that owns the node; 0n for a persistent one, undefined for none. */
  owner(path: string): Promise<bigint | undefined>;
  /** True for the session as it is now. */
  isOwn(session: bigint): boolean;
  /** True for a session which was ours and is over: its nodes are about to vanish. */
  isFormer(session: bigint): boolean;
}

const FIRST_PAUSE = 20;
const LONGEST_PAUSE = 2_000;

/** Remembers the ephemeral nodes that this client made, with their last values, and makes them again after an expiry. */
export class Ephemerals {
  readonly #values = new Map<string, string>();
  readonly #stop = new AbortController();
  #round = 0;
  readonly #clock: Clock;
  readonly #tree: EphemeralTree;

  constructor(clock: Clock, tree: EphemeralTree) {
    this.#clock = clock;
    this.#tree = tree;
  }

  /** The session owns this node. */
  keep(path: string, value: string): void {
    this.#values.set(path, value);
  }

  /** The node was given another value, or removed, by this client. */
  changed(path: string, value: string | undefined): void {
    if (value === undefined) {
      this.#values.delete(path);
    } else if (this.#values.has(path)) {
      this.#values.set(path, value);
    }
  }

  /**
   * A new session stands. Resolves when each node is there again, or cannot be for now: its parent is gone, or another
   * session has its place. For such a place it goes on trying.
   */
  async recreate(): Promise<void> {
    this.#round += 1;
    const round = this.#round;
    await Promise.all(
      [...this.#values.keys()].map(
        (path) =>
          new Promise<void>((resolve) => {
            this.#restore(path, round, resolve)
              .catch(() => {
                // Only closing ends it early.
              })
              .finally(resolve);
          }),
      ),
    );
  }

  /**
   * Waits while a former session still owns `path`, at most until `deadline` (monotonic milliseconds). `absent`: nobody
   * owned it from the beginning; `taken`: somebody else does, or the time is over.
   */
  async untilFormerIsGone(path: string, deadline: number): Promise<'gone' | 'absent' | 'taken'> {
    let absent: 'gone' | 'absent' = 'absent';
    for (
      let wait = FIRST_PAUSE;
      this.#clock.monotonic() < deadline;
      wait = Math.min(wait * 2, LONGEST_PAUSE)
    ) {
      const owner = await this.#tree.owner(path);
      if (owner === undefined) return absent;
      if (!this.#tree.isFormer(owner)) return 'taken';
      absent = 'gone';
      await pause(this.#clock, wait, this.#stop.signal);
    }
    return 'taken';
  }

  close(): void {
    this.#stop.abort();
    this.#values.clear();
  }

  async #restore(path: string, round: number, settled: () => void): Promise<void> {
    for (let wait = FIRST_PAUSE; ; wait = Math.min(wait * 2, LONGEST_PAUSE)) {
      const value = this.#values.get(path);
      if (value === undefined || round !== this.#round) return;
      const outcome = await this.#tree.create(path, value);
      if (outcome === 'created') return;
      if (outcome === 'no-parent') {
        this.#values.delete(path);
        return;
      }
      const owner = outcome === 'exists' ? await this.#tree.owner(path) : undefined;
      if (owner !== undefined && this.#tree.isOwn(owner)) return;
      if (outcome === 'refused' || (owner !== undefined && !this.#tree.isFormer(owner))) settled();
      await pause(this.#clock, wait, this.#stop.signal);
    }
  }
}
