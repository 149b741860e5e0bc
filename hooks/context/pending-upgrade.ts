import type { Json } from './snapshot.js';

/** An upgrade that is wanted of the unit and has not gone ahead, as its own formula is told of it. */
export interface PendingUpgrade {
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
  /** The unit's own hold, where one stands. */
  readonly hold: { readonly since: string; readonly until: string; readonly reason: string } | null;
  /** All that keeps it waiting. */
  readonly blockers: readonly { readonly [key: string]: Json }[];
};

/** The unit's own word on the upgrade that is wanted of it. */
export interface UpgradeWord {
  /** Undefined where none is wanted. */
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
