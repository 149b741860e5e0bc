import { type Hold, standingHolds } from '../../state/model/hold.js';

/**
 * The holds of a service that stand, for whoever looks often: they end by the time alone, and whatever is made of them is
 * made anew only where another array is found.
 */
export class StandingHolds {
  #standing: readonly Hold[] = [];

  /** @param all holds, also those that are over; @param now milliseconds since the epoch */
  of(all: readonly Hold[], now: number): readonly Hold[] {
    const standing = standingHolds(all, now);
    const areSame =
      standing.length === this.#standing.length &&
      standing.every((hold, place) => hold === this.#standing[place]);
    if (!areSame) this.#standing = standing;
    return this.#standing;
  }
}
