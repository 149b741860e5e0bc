import type { Clock } from '../../clock.js';
import { CoordinatorUnreachable, OutcomeUnknown } from '../errors.js';
import type { Store } from './store.js';
import type { Tables } from './tables.js';
import { explained } from './unusable.js';

/** How one client uses its store. Times are in milliseconds. */
export interface Terms {
  readonly url: string;
  readonly directory: string;
  readonly clock: Clock;
  /** `Infinity` waits for ever. */
  readonly requestTimeout: number;
}

/** The requests of one client: bounded in time, failing with what an operator can read, and waited for at the end. */
export class Requests {
  readonly #store: Store;
  readonly #terms: Terms;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(store: Store, terms: Terms) {
    this.#store = store;
    this.#terms = terms;
  }

  /**
   * Runs `change` in a write transaction.
   * @param path what is written, for the error
   * @throws CoordinatorUnreachable when its turn did not come in time: it never will then; OutcomeUnknown when it did
   *   but the disk has not confirmed it; what `change` throws
   */
  write<T>(path: string, change: (tables: Tables) => T): Promise<T> {
    const { clock, url, directory, requestTimeout } = this.#terms;
    return new Promise((resolve, reject) => {
      let step: 'queued' | 'written' | 'given up' = 'queued';
      const giveUp = (): void => {
        const seconds = requestTimeout / 1_000;
        reject(
          step === 'written'
            ? new OutcomeUnknown(path)
            : new CoordinatorUnreachable(url, `another process has kept it locked for ${seconds} seconds`),
        );
        step = 'given up';
      };
      const timer =
        requestTimeout === Number.POSITIVE_INFINITY ? undefined : clock.after(requestTimeout, giveUp);
      const written = this.#store.write((tables) => {
        if (step === 'given up') return undefined;
        step = 'written';
        return { result: change(tables) };
      });
      written
        .finally(() => timer?.cancel())
        .then(
          (outcome) => outcome && resolve(outcome.result),
          async (error: unknown) => reject(await explained(url, directory, error)),
        );
    });
  }

  /** @throws CoordinatorUnreachable */
  async read<T>(look: (tables: Tables) => T): Promise<T> {
    try {
      return look(this.#store.newest());
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

  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }
}
