import type { Turn } from './turn.js';

interface Pending {
  readonly change: () => unknown;
  readonly isWanted: () => boolean;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The writes of this process, in their order. All that wait go into one commit, whose flush to the disk they share; and
 * before each commit this process waits for its turn, where it can still be told who has it and be left.
 */
export class WriteQueue {
  readonly #turn: Turn;
  readonly #transaction: (action: () => void) => Promise<unknown>;
  #pending: Pending[] = [];
  #isAtWork = false;
  #hasEnded = false;
  #isInLmdb = false;

  /** @param transaction runs its argument in a write transaction, and resolves when what it wrote is durable */
  constructor(turn: Turn, transaction: (action: () => void) => Promise<unknown>) {
    this.#turn = turn;
    this.#transaction = transaction;
  }

  /** Resolves with what `change` gives. What it throws rejects its own promise only; a failed commit rejects all in it. */
  add<T>(change: () => T, isWanted: () => boolean = () => true): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#pending.push({ change, isWanted, resolve: resolve as (result: unknown) => void, reject });
      if (!this.#isAtWork) void this.#work();
    });
  }

  /** True if lmdb waits for the lock: somebody took it in the moment after this process had been given its turn. */
  get isInLmdb(): boolean {
    return this.#isInLmdb;
  }

  /** Forgets everything that still waits for its turn. */
  end(): void {
    this.#hasEnded = true;
  }

  async #work(): Promise<void> {
    this.#isAtWork = true;
    while (this.#isWanted()) {
      if (!this.#turn.isFree) await this.#turn.come(() => this.#isWanted());
      else await this.#commit();
    }
    this.#isAtWork = false;
  }

  #isWanted(): boolean {
    this.#pending = this.#hasEnded ? [] : this.#pending.filter(({ isWanted }) => isWanted());
    return this.#pending.length > 0;
  }

  async #commit(): Promise<void> {
    const done: { readonly one: Pending; readonly outcome: () => void }[] = [];
    let taken: Pending[] = [];
    this.#isInLmdb = true;
    try {
      await this.#transaction(() => {
        this.#isInLmdb = false;
        // Now, so that it takes along what came while the transaction began.
        taken = this.#pending.splice(0);
        for (const one of taken) done.push({ one, outcome: outcomeOf(one) });
      });
      for (const { outcome } of done) outcome();
    } catch (error) {
      // If it did not even begin, nobody would hear of it otherwise, and it would be tried again at once.
      for (const { reject } of taken.length > 0 ? taken : this.#pending.splice(0)) reject(error);
    } finally {
      this.#isInLmdb = false;
    }
  }
}

function outcomeOf({ change, resolve, reject }: Pending): () => void {
  try {
    const result = change();
    return () => resolve(result);
  } catch (error) {
    return () => reject(error);
  }
}
