import { OutcomeUnknown, StateDamaged } from '../errors.js';
import type { Store } from './store.js';
import type { Tables } from './tables.js';
import { stateLocked, type Terms } from './terms.js';
import { explained } from './unusable.js';
import type { View } from './view.js';

/** The requests of one client: bounded in time, failing with what an operator can read, and waited for at the end. */
export class Requests {
  readonly #store: Store;
  readonly #terms: Terms;
  readonly #underWay = new Set<Promise<unknown>>();
  /** Ends what waits for its turn, when the client closes. */
  readonly #giveUps = new Set<() => void>();

  constructor(store: Store, terms: Terms) {
    this.#store = store;
    this.#terms = terms;
  }

  /**
   * Runs `change` in a write transaction.
   * @param path what is written, for the error
   * @throws StateDamaged; StateLocked when its turn did not come in time: it never will then; OutcomeUnknown when it did
   *   but the disk has not confirmed it; what `change` throws
   */
  write<T>(path: string, change: (tables: Tables) => T): Promise<T> {
    const { clock, url, directory, requestTimeout } = this.#terms;
    if (this.#store.damage !== undefined) return Promise.reject(this.#store.damage);
    const begun = clock.monotonic();
    return new Promise((resolve, reject) => {
      let step: 'queued' | 'written' | 'given up' = 'queued';
      const giveUp = (): void => {
        reject(
          step === 'written'
            ? new OutcomeUnknown({ path })
            : stateLocked(this.#terms, this.#store.turn.waiting?.blocker, clock.monotonic() - begun),
        );
        step = 'given up';
        this.#giveUps.delete(giveUp);
      };
      this.#giveUps.add(giveUp);
      const timer =
        requestTimeout === Number.POSITIVE_INFINITY ? undefined : clock.after(requestTimeout, giveUp);
      const isWanted = (): boolean => step !== 'given up';
      const written = this.#store.write((tables) => {
        if (!isWanted()) return undefined;
        step = 'written';
        return { result: change(tables) };
      }, isWanted);
      written
        .finally(() => {
          timer?.cancel();
          this.#giveUps.delete(giveUp);
        })
        .then(
          (outcome) => outcome && resolve(outcome.result),
          async (error: unknown) => {
            const told = await explained(url, directory, error);
            if (told instanceof StateDamaged) this.#store.damage = told;
            reject(told);
          },
        );
    });
  }

  /** @throws CoordinatorUnreachable */
  async read<T>(look: (view: View) => T): Promise<T> {
    try {
      // If another process writes now, or nobody may, this reads what is there all the same.
      if (this.#store.isBehind) await this.write('/', () => undefined).catch(() => undefined);
      return look(this.#store.view());
    } catch (error) {
      throw await explained(this.#terms.url, this.#terms.directory, error);
    }
  }

  /** Makes `settled` wait for `request`, whatever becomes of it. */
  track<T>(request: Promise<T>): Promise<T> {
    this.#underWay.add(request);
    const forget = (): boolean => this.#underWay.delete(request);
    request.then(forget, forget);
    return request;
  }

  /** Fails the requests that wait for another process's turn to end: nobody knows when that will be. */
  async settled(): Promise<void> {
    if (this.#store.turn.waiting !== undefined) for (const giveUp of this.#giveUps) giveUp();
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }
}
