import { defineError } from '../../state/platform/errors.js';
import { type Hold, holdText } from '../../state/model/hold.js';
import { namesOf } from '../names-of.js';

/** Everything that was to be upgraded is held, or what was named is. */
export class UpgradeHeld extends defineError<{
  service: string;
  /** The service itself, or units of it. */
  what: readonly string[];
  holds: readonly Hold[];
}>(
  'upgrade-held',
  ({ what, holds }) =>
    `${namesOf(what)} ${what.length === 1 ? 'is' : 'are'} ${holds.map((hold) => `${hold.unit !== undefined && what.length > 1 ? `(${hold.unit}) ` : ''}${holdText(hold)}`).join('; ')}`,
  ({ service, holds }) =>
    `ask ${[...new Set(holds.map(({ holder }) => holder))].join(', ')}, then: ${unholdCommand(service, holds)}, or the same command with --force`,
) {}

/** Only its holder ends a hold unasked. */
export class HoldOfOthers extends defineError<{
  what: string;
  who: string;
  holds: readonly Hold[];
}>(
  'hold-of-others',
  ({ what, who, holds }) => `${who} has no hold on ${what}, which is ${holds.map(holdText).join('; ')}`,
  ({ what }) => `ensemble unhold-upgrade --all ${what}`,
) {}

/** A service's holds are one node of the state, whose size is bounded. */
export class TooManyHolds extends defineError<{ service: string; most: number }>(
  'too-many-holds',
  ({ service, most }) =>
    `${service} and its units have ${most} holds already, which is the most there may be`,
  ({ service }) => `hold the service as a whole: ensemble hold-upgrade --reason TEXT ${service}`,
) {}

/** The command that ends holds, of any holder. */
export function unholdCommand(service: string, holds: readonly Hold[]): string {
  return `ensemble unhold-upgrade --all ${heldNames(service, holds).join(' ')}`;
}

/** The things that these holds are on: the service, or units of it. */
export function heldNames(service: string, holds: readonly Hold[]): readonly string[] {
  return [...new Set(holds.map(({ unit }) => unit ?? service))];
}
