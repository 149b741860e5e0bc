import type { Json } from './snapshot.js';

/** An upgrade that is wanted of a unit and has not gone ahead, as its formula, or that of a related unit, is told of it. */
export interface PendingUpgrade {
  /** The unit that is to be upgraded: the one that is told, or one that it is related to. */
  readonly unit: string;
  /** The relation between the two as the one that is told sees it, e.g. `db:4`; empty of its own upgrade. */
  readonly relation: string;
  /** Formula ids. */
  readonly from: string;
  readonly to: string;
  /** `eligible`, `questionable` or `ineligible`; empty where it is not known, or the formula to go to is not a newer one. */
  readonly class: string;
  /** `security` or `data-loss`; empty where its author says neither. */
  readonly urgent: string;
  /** Until when the unit may hold it at most: an ISO instant. */
  readonly deadline: string;
}

/** The same, with how it stands now, for `upgrade-get`. */
export type PendingUpgradeFacts = PendingUpgrade & {
  /** The hold of the unit that is told, where one stands. */
  readonly hold: { readonly since: string; readonly until: string; readonly reason: string } | null;
  /** All that keeps it waiting; of another unit's upgrade that is not told. */
  readonly blockers: readonly { readonly [key: string]: Json }[];
};

/** The unit's word on an upgrade: the one that is wanted of it, or that of a unit that it is related to. */
export interface UpgradeWord {
  /** Undefined where none is wanted, or the unit is not asked about it. */
  facts(): PendingUpgradeFacts | undefined;
  /**
   * Holds it, in the place of a hold that stands. In the journal when it resolves.
   * @param ms for how long; as long as the unit may, without it
   * @returns the end, an ISO instant
   * @throws ToolUsageError where none is wanted, or the unit may hold none any longer
   */
  hold(ms: number | undefined, reason: string | undefined): Promise<string>;
  /** Ends the unit's own hold, if one stands. In the journal when it resolves. */
  proceed(): Promise<void>;
}
