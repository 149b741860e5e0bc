import type { Coordinator } from '../../state/coordination/coordinator.js';
import { readDeliveries } from '../../state/model/watcher-deliveries.js';
import type { NamedDelivery } from '../../state/model/watcher-delivery.js';
import { dueIn } from './after-attempt.js';

/** How many announcements wait for each sink, and how many were given up. */
export type Backlog = ReadonlyMap<string, { readonly waiting: number; readonly dead: number }>;

/** The announcements of one environment that are in line in its tree, as they were read last. */
export class Line {
  #known: readonly NamedDelivery[] = [];
  #isStale = true;
  #reading: Promise<void> | undefined;
  readonly #coordinator: Coordinator;

  constructor(coordinator: Coordinator) {
    this.#coordinator = coordinator;
  }

  get all(): readonly NamedDelivery[] {
    return this.#known;
  }

  /** The next `refresh` reads it anew. */
  spoil(): void {
    this.#isStale = true;
  }

  /** Reads it where it is not known any more. Several loops ask for it; all of them go on with what one reading found. */
  refresh(): Promise<void> {
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      try {
        this.#known = await readDeliveries(this.#coordinator, []);
      } catch (error) {
        this.#isStale = true;
        throw error;
      }
    }
  }

  /** Notes what was just written. @param after undefined where it was removed */
  replace(before: NamedDelivery, after: NamedDelivery | undefined): void {
    // A reading that is under way may be of before: what was delivered would be delivered again.
    if (this.#reading !== undefined) this.#isStale = true;
    this.#known = this.#known.flatMap((each) => (each.name !== before.name ? [each] : (after ?? [])));
  }

  /** The first for a sink that is due, or else the one that is due first. @param now milliseconds since 1970 */
  nextOf(sink: string, now: number): NamedDelivery | undefined {
    const due = ({ delivery }: NamedDelivery): number => dueIn(delivery, now);
    return this.#known
      .filter((each) => sinkOf(each) === sink && isWaiting(each))
      .reduce<NamedDelivery | undefined>(
        (first, each) => (first === undefined || due(each) < due(first) ? each : first),
        undefined,
      );
  }

  /** @param sinks those that are named at present */
  backlog(sinks: readonly string[]): Backlog {
    const names = new Set([...sinks, ...this.#known.map(sinkOf)]);
    return new Map(
      [...names].map((name) => {
        const own = this.#known.filter((each) => sinkOf(each) === name);
        const dead = own.filter(({ delivery }) => delivery.state === 'dead');
        return [name, { waiting: own.filter(isWaiting).length, dead: dead.length }];
      }),
    );
  }
}

/** The sink that one is for. */
export const sinkOf = ({ delivery }: NamedDelivery): string => delivery.sink;

/** True of one that is to be delivered. */
export const isWaiting = ({ delivery }: NamedDelivery): boolean => delivery.state === 'waiting';
