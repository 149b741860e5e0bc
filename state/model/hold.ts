import * as z from '../platform/zod.js';

/**
 * A hold keeps these from a unit: `auto`, requests that programs make by themselves; `all`, people's requests too. An
 * unknown word of a later release counts as `all`.
 */
export const holdLevels = ['all', 'auto'] as const;

export type HoldLevel = (typeof holdLevels)[number];

/** Somebody does not want a service, or one of its units, upgraded. */
const holdSchema = z.looseObject({
  /** `user@host`: one hold of each holder on a service, and one on each unit. */
  holder: z.string(),
  /** The account that the command ran as, where that is another one. */
  as: z.optional(z.string()),
  /** Held alone; absent where the whole service is. */
  unit: z.optional(z.string()),
  /** ISO instants. */
  since: z.string(),
  /** Absent: until somebody ends it. */
  until: z.optional(z.string()),
  level: z.string(),
  reason: z.string(),
});

/**
 * `/services/<service>/hold`: all holds on the service and its units. One node, since whoever upgrades a service needs them
 * all and reads no node of a unit more for it; and none under the units, whose nodes their agents write.
 */
export const holdsSchema = z.looseObject({ holds: z.array(holdSchema) });

export type Hold = z.infer<typeof holdSchema>;

/** A hold as somebody names it: who, and on what. */
type HoldName = Pick<Hold, 'holder' | 'unit'>;

/** The holds that stand. One that is over stays in its node until somebody writes that. @param now milliseconds since 1970 */
export function standingHolds(holds: readonly Hold[], now: number): readonly Hold[] {
  return holds.filter(({ until }) => until === undefined || !(Date.parse(until) <= now));
}

/** Picks the holds that are on the unit, or on its service as a whole. */
export function holdsOn(unit: string, holds: readonly Hold[]): readonly Hold[] {
  return holds.filter((hold) => hold.unit === undefined || hold.unit === unit);
}

/** Picks the holds that keep a unit from what a person asks for. */
export function holdsForAll(holds: readonly Hold[]): readonly Hold[] {
  return holds.filter(({ level }) => level !== 'auto');
}

/** True if both are the same holder's on the same thing. */
export function isSameHold(one: HoldName, other: HoldName): boolean {
  return one.holder === other.holder && one.unit === other.unit;
}

/** The one among holds that stands longest: what ends last says when a unit may go on. */
export function longestHold(holds: readonly Hold[]): Hold | undefined {
  const end = ({ until }: Hold): number =>
    until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until);
  return holds.reduce<Hold | undefined>(
    (longest, hold) => (longest === undefined || end(hold) > end(longest) ? hold : longest),
    undefined,
  );
}

/** A hold in words: `held by ann@db1 until 2026-12-01T00:00:00Z: stock-taking`. */
export function holdText({ holder, until, reason }: Hold): string {
  return `held by ${holder}${until === undefined ? '' : ` until ${until.replace(/\.\d+Z$/, 'Z')}`}: ${reason}`;
}
