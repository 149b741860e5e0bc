import type { Timer } from '../../state/platform/clock.js';
import { noRequests, type UnitRequests } from '../../state/model/requests.js';
import type { WantedFormula } from '../contract/operations.js';
import type { UnitRecord } from '../journal/record.js';
import type { Uses } from '../machine/parts.js';

/** A unit that may be upgraded before it is started again. */
interface StartingUnit extends Uses<'boot' | 'clock'> {
  record(): UnitRecord;
  requests(): UnitRequests;
  /** Looks again at everything that may ask something of the unit. */
  look(): void;
}

/** Milliseconds for which a unit is not started after a reboot, while the upgrade that was prepared may go ahead. */
const PATIENCE = 10_000;

/**
 * After a reboot of the machine nothing of a unit runs, so that an upgrade which waited for what the unit was busy with can go
 * ahead, and `start` be that of the new formula. It was prepared, so that it takes a moment; where it takes longer, as with a
 * state that does not answer or a formula that was removed from the disk, the unit is started as it is.
 */
export class BeforeStart {
  readonly #unit: StartingUnit;
  #timer: Timer | undefined;
  #isOver = false;

  constructor(unit: StartingUnit) {
    this.#unit = unit;
  }

  /**
   * Whether `start` waits for an upgrade to go ahead.
   * @param wanted what the flag leads to; undefined where nothing is wanted, or not known yet
   * @param postponed whether that has to wait for what the unit is busy with
   */
  awaits(wanted: WantedFormula | undefined, postponed: boolean): boolean {
    const unit = this.#unit;
    const { boot, postponed: before, state } = unit.record();
    const isDue = state === 'started' && boot !== unit.parts.boot && before != null;
    const mayCome = wanted !== undefined || unit.requests() === noRequests;
    if (this.#isOver || !isDue || postponed || !mayCome) return false;
    this.#timer ??= unit.parts.clock.after(PATIENCE, () => {
      this.#isOver = true;
      unit.look();
    });
    return true;
  }

  /** The agent lets go of the unit. */
  close(): void {
    this.#timer?.cancel();
  }
}
