import type { Coordinator } from '../../state/coordination/coordinator.js';
import { type Hold, holdsForAll, holdsOn } from '../../state/model/hold.js';
import { NodeInvalid } from '../../state/model/errors.js';
import type { Requester } from '../../state/model/requester.js';
import { readHolds } from '../../state/model/read-holds.js';
import { UpgradeHeld } from './errors.js';

/** A unit that is not asked because somebody holds it, or was asked all the same. */
export interface HeldUnit {
  readonly unit: string;
  /** Those that stand, one at least. */
  readonly holds: readonly Hold[];
}

/** Units that are to be asked for something, with what holds say of it. */
export interface HeldBack {
  /** To be asked, in their order. */
  readonly going: readonly string[];
  /** Held, and left as they are. */
  readonly held: readonly HeldUnit[];
  /** Held, and asked all the same, by force. */
  readonly overridden: readonly HeldUnit[];
}

/** A question about holds. */
export interface HoldQuestion {
  readonly service: string;
  /** Over holds, too. */
  readonly force: boolean;
  /** The units that the operator named; undefined for all. One of them that is held is refused, and not left out. */
  readonly named?: readonly string[] | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * Sorts units by what holds say; pure.
 * @param standing the service's holds that stand
 * @throws UpgradeHeld where one that was named is held, and it is not by force
 */
export function sortHeld(
  units: readonly string[],
  standing: readonly Hold[],
  { service, force, named }: Omit<HoldQuestion, 'now'>,
): HeldBack {
  const holds = holdsForAll(standing);
  if (holds.length === 0) return { going: units, held: [], overridden: [] };
  const held = units.flatMap((unit): readonly HeldUnit[] => {
    const its = holdsOn(unit, holds);
    return its.length === 0 ? [] : [{ unit, holds: its }];
  });
  if (force) return { going: units, held: [], overridden: held };
  const isHeld = new Set(held.map(({ unit }) => unit));
  if (named !== undefined && held.length > 0) throw refusal(service, held);
  return { going: units.filter((unit) => !isHeld.has(unit)), held, overridden: [] };
}

/** If the whole service is held, no unit is named. */
function refusal(service: string, held: readonly HeldUnit[]): UpgradeHeld {
  const holds = [...new Set(held.flatMap((each) => each.holds))];
  const isWhole = holds.some(({ unit }) => unit === undefined);
  return new UpgradeHeld({ service, what: isWhole ? [service] : held.map(({ unit }) => unit), holds });
}

/** The question about holds for a request; its time is that of its requester. */
export function holdQuestion({
  service,
  units: named,
  force,
  by,
}: {
  readonly service: string;
  readonly units?: readonly string[] | undefined;
  readonly force: boolean;
  readonly by: Requester;
}): HoldQuestion {
  return { service, named, force, now: Date.parse(by.requestedAt) };
}

/**
 * The question with the holds that answer it, for `sortHeld`: one read, however many units there are.
 * @throws NodeInvalid where the holds cannot be read, unless by force
 */
export async function readQuestioned(
  coordinator: Coordinator,
  question: HoldQuestion,
): Promise<readonly [HoldQuestion, readonly Hold[]]> {
  const { service, now, force } = question;
  const holds = await readHolds(coordinator, service, now).catch((error: unknown) => {
    if (force && error instanceof NodeInvalid) return [];
    throw error;
  });
  return [question, holds];
}

/** Which of a service's units may be asked, by its holds as they are now. @throws as `sortHeld` and `readQuestioned` */
export async function heldBack(
  coordinator: Coordinator,
  units: readonly string[],
  question: HoldQuestion,
): Promise<HeldBack> {
  const [, holds] = await readQuestioned(coordinator, question);
  return sortHeld(units, holds, question);
}

/** For the record, whose holds a request went over; begins with a comma, and is empty where there were none. */
export function overriddenText(overridden: readonly HeldUnit[]): string {
  const holders = [...new Set(overridden.flatMap(({ holds }) => holds.map(({ holder }) => holder)))];
  return holders.length === 0 ? '' : `, over the hold of ${holders.join(', ')}`;
}

/**
 * Refuses what could reach no unit at all, before anything is changed: the service is held as a whole, or a unit that was
 * named is.
 * @throws UpgradeHeld; NodeInvalid where the holds cannot be read, unless by force
 */
export async function requireNotHeld(coordinator: Coordinator, question: HoldQuestion): Promise<void> {
  const { service, named, force, now } = question;
  if (force) return;
  const holds = holdsForAll(await readHolds(coordinator, service, now));
  const whole = holds.filter(({ unit }) => unit === undefined);
  if (whole.length > 0) throw new UpgradeHeld({ service, what: [service], holds: whole });
  sortHeld(named ?? [], holds, question);
}
