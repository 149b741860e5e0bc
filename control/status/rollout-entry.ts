import { goalOf, isOpen, type Rollout } from '../../state/model/rollout.js';
import { nextCommand, otherCommands, type Outlook } from './next-of-rollout.js';
import type { UnitState } from './snapshot.js';

/** A service's rollout in `status`, while something of it is to be done or to be said. */
export interface RolloutEntry {
  readonly id: string;
  readonly to: string;
  readonly state: string;
  /** ISO instant; since when it is in that state. */
  readonly since: string;
  /** With strategy `clone`: the service that is to take this one's place. */
  readonly clone?: string;
  /** What a pause waits for: `canary`, `wave`, `clone` or `operator`. */
  readonly gate?: string;
  /** Why it is in its state; only where that is known. */
  readonly reason?: string;
  /** How many units run the formula that it leads to, and of how many. */
  readonly on: number;
  readonly of: number;
  /** What has it go on, where it does not by itself. */
  readonly next?: string;
  /** The other commands that are for it then: those that go back, and that end it. */
  readonly otherwise?: readonly string[];
}

/** Nothing more is known of the units. */
const WHOLE: Outlook = { isCanaryLost: false };

export function rolloutEntry(
  service: string,
  rollout: Rollout | undefined,
  units: readonly UnitState[],
  outlook: Outlook = WHOLE,
): RolloutEntry | undefined {
  if (rollout === undefined || !isOpen(rollout)) return undefined;
  const { id, state, stateSince, gate, reason, clone } = rollout;
  const to = goalOf(rollout);
  const next = nextCommand(service, rollout, outlook);
  const otherwise = otherCommands(service, rollout);
  return {
    id,
    to,
    state,
    since: stateSince,
    ...(clone !== undefined && { clone: clone.service }),
    ...(gate !== undefined && { gate }),
    ...(reason !== undefined && { reason }),
    on: units.filter(({ unit }) => unit.formula === to).length,
    of: units.length,
    ...(next !== null && { next }),
    ...(otherwise.length > 0 && { otherwise }),
  };
}
