import type { Hold } from '../../state/model/hold.js';
import type { LeftBehind } from '../../state/model/left-behind.js';
import type { Rollout } from '../../state/model/rollout.js';
import type { HeldUnit } from '../hold/held-back.js';
import type { FollowEnd } from '../progress/follow.js';
import type { Standing } from '../progress/standing.js';

/** The result of an upgrade, for programs. */
export interface Outcome {
  readonly service: string;
  /** Formula ids; the same where the service was set to it already. */
  readonly from: string;
  readonly to: string;
  /** How the following ended. */
  readonly end: FollowEnd['why'] | 'not-followed' | 'nothing-to-do';
  /** The units that were asked to upgrade. */
  readonly units: Readonly<Record<string, UnitOutcome>>;
  /** The units that were left out because somebody holds them; only where there are such. */
  readonly held?: Readonly<Record<string, readonly Hold[]>>;
  /** The rollout that took the units on, as it was seen last; none where single units were asked. */
  readonly rollout?: Pick<Rollout, 'id' | 'state' | 'reason' | 'parameters'> & {
    /** The service that was made as a clone. */
    readonly clone?: string;
  };
}

interface UnitOutcome {
  readonly outcome: Standing | 'asked';
  /** Not known of a unit that was not followed. */
  readonly machine?: string | null;
  /** The workflow's state, and the upgrade's step where there is one. */
  readonly state?: string;
  readonly message?: string;
  /** The command that helps it out of an error. */
  readonly next?: string;
  /** The files that hooks had left in the formula that the unit went from; only if there are any. */
  readonly leftBehind?: LeftBehind;
}

/** @param end undefined for units that were asked and not followed */
export function outcomeOf(
  upgrade: Pick<Outcome, 'service' | 'from' | 'to'>,
  asked: readonly string[],
  end: FollowEnd | undefined,
  held: readonly HeldUnit[] = [],
  rollout?: Rollout,
): Outcome {
  return {
    ...upgrade,
    ...followedTo(asked, end),
    ...(rollout !== undefined && {
      rollout: {
        id: rollout.id,
        state: rollout.state,
        ...(rollout.reason !== undefined && { reason: rollout.reason }),
        parameters: rollout.parameters,
        ...(rollout.clone !== undefined && { clone: rollout.clone.service }),
      },
    }),
    ...(held.length > 0 && { held: Object.fromEntries(held.map(({ unit, holds }) => [unit, holds])) }),
  };
}

/** How a following ended, and for each unit. @param end undefined for units that were asked and not followed */
export function followedTo(
  asked: readonly string[],
  end: FollowEnd | undefined,
): Pick<Outcome, 'end' | 'units'> {
  const units: Record<string, UnitOutcome> = {};
  for (const unit of asked) units[unit] = { outcome: 'asked' };
  for (const { unit, standing, machine, doing, message, next, leftBehind } of end?.rows ?? []) {
    units[unit] = {
      outcome: standing,
      machine,
      state: doing,
      message,
      ...(next !== '' && { next }),
      ...(leftBehind !== undefined && { leftBehind }),
    };
  }
  return { end: end?.why ?? (asked.length === 0 ? 'nothing-to-do' : 'not-followed'), units };
}
