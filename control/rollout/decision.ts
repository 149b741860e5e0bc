import type { LockstepGate } from '../../state/model/lockstep.js';
import type { CloneReference, RolloutGate, RolloutState } from '../../state/model/rollout.js';
import type { Blocker } from './blockers.js';
import type { CloneLack } from '../status/next-of-rollout.js';
import type { CloneFacts, CloneStep } from './clone-facts.js';
import type { Judged } from './judge.js';
import type { RolloutUnit } from './rollout-unit.js';

/**
 * The facts that a rollout is decided by: its service and that one's units, each as it was read after the rollout
 * was.
 */
export interface RolloutFacts {
  /** The formula that the service is set to. */
  readonly formula: string;
  /** With strategy `clone`, those of the clone too. */
  readonly units: readonly RolloutUnit[];
  /** With strategy `clone`, what is known of the clone and of the service in whose place it is to come. */
  readonly clone?: CloneFacts;
}

/** A driver's writes, all of them under the guard of the rollout that was decided by. */
export type RolloutWrite =
  /** Ask these units to go to the rollout's goal. */
  | { readonly kind: 'flag'; readonly units: readonly RolloutUnit[] }
  /** Take flags off that were not begun, of this rollout or of one before it. */
  | { readonly kind: 'unflag'; readonly units: readonly string[] }
  | {
      readonly kind: 'state';
      readonly state: Exclude<RolloutState, 'reverting'>;
      readonly reason: string;
      readonly gate?: RolloutGate;
      /** Nothing is left to be done. */
      readonly closed?: boolean;
    }
  /** One step of making a clone, of putting it in its service's place, or of taking it away. */
  | ({ readonly kind: 'clone' } & CloneStep)
  /** Clones of the rollouts before go. */
  | { readonly kind: 'left'; readonly clones: readonly CloneReference[] }
  /** In lockstep, all units go on. */
  | { readonly kind: 'gate'; readonly gate: Exclude<LockstepGate, 'back'> }
  /** What was left of it when it was over is done too. */
  | { readonly kind: 'close' }
  /** The service goes back to `revertTo`, and the rollout with it. */
  | { readonly kind: 'turn-back'; readonly reason: string };

export interface Decision {
  /** Empty where nothing is to be done now. */
  readonly writes: readonly RolloutWrite[];
  /** When to look again though nothing was heard, in milliseconds since the epoch; undefined: only when something was. */
  readonly wakeAt: number | undefined;
  /** The state that the writes lead to. */
  readonly next: string;
  /** The reasons of everything that waits. */
  readonly blockers: readonly Blocker[];
  /** Every unit that stays, in the facts' order. */
  readonly units: readonly Judged[];
  /** The clone has fewer units than the service in whose place it is to come. */
  readonly lacks?: CloneLack;
  /** Nothing is under way, and nothing goes on by itself: somebody has to do something. */
  readonly isStalled: boolean;
}
