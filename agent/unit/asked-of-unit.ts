import { noRequests, type UnitRequests } from '../../state/model/requests.js';
import type { UnitRecord } from '../journal/record.js';

/** What operators ask of a unit, as the tree has it. */
export class AskedOfUnit {
  #requests = noRequests;
  #wake: () => void = () => undefined;
  #next: Promise<void> | undefined;

  /** The tree's requests changed. */
  take(found: UnitRequests): void {
    const { upgrade } = found;
    const isAnew = upgrade !== undefined && upgrade.version !== this.#requests.upgrade?.version;
    this.#requests = found;
    if (!isAnew) return;
    this.#next = undefined;
    this.#wake();
  }

  /** The requests to a unit: those of the tree, or what is to become of a unit that the tree does not know any more. */
  requests(record: UnitRecord): UnitRequests {
    const { evicted } = record;
    return evicted === undefined ? this.#requests : evictionRequests(evicted, record);
  }

  /** Resolves when an upgrade is asked for the next time, as by who has mended what the unit waits for. */
  next(): Promise<void> {
    this.#next ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
    return this.#next;
  }
}

/**
 * The requests to a unit that was removed by force while its agent was away: to stop, with its data put aside, and to
 * take hooks that fail as done, as there is nobody left who could resolve them. The tree's requests are not for it: a
 * unit there of its name would be another one. Its data is kept for good, unless somebody wanted the unit removed.
 */
function evictionRequests(
  { isRemoval, ...by }: NonNullable<UnitRecord['evicted']>,
  { state, since }: UnitRecord,
): UnitRequests {
  return {
    ...noRequests,
    removal: { value: { ...by, ...(isRemoval !== true && { keepData: true }) }, version: 0 },
    resolved: { value: { ...by, id: `evicted ${state} ${since}`, retry: false }, version: 0 },
  };
}
