import type { HistoryEntry } from './history-entry.js';

/** Where an entry stands: after which request, whether a unit told it, and when at the earliest. */
type Place = readonly [order: number, told: number, time: number];

/**
 * Puts lists of entries, each of which is in the order in which it was written, in one order: that in which all went on
 * record. A clock may step back, and clocks differ: they decide only among what different units told after the same
 * request, and among entries of a release that did not number them, and never against the order of a list.
 */
export function inOrder<Entry extends HistoryEntry>(lists: readonly (readonly Entry[])[]): Entry[] {
  return lists
    .flatMap(placed)
    .sort(({ place: a }, { place: b }) => compare(a, b))
    .map(({ entry }) => entry);
}

function placed<Entry extends HistoryEntry>(
  list: readonly Entry[],
): { readonly entry: Entry; readonly place: Place }[] {
  let last: Place = [0, 0, Number.NEGATIVE_INFINITY];
  return list.map((entry) => {
    const { order, after } = entry;
    const own: Place = [
      order ?? after ?? 0,
      order === undefined && after !== undefined ? 1 : 0,
      timeOf(entry),
    ];
    last = compare(own, last) < 0 ? last : own;
    return { entry, place: last };
  });
}

function compare(a: Place, b: Place): number {
  return a[0] - b[0] || a[1] - b[1] || (a[2] < b[2] ? -1 : Number(a[2] > b[2]));
}

/** A text that is no time counts as the beginning. */
function timeOf({ at }: HistoryEntry): number {
  const time = Date.parse(at);
  return Number.isNaN(time) ? Number.NEGATIVE_INFINITY : time;
}

/** A period, in milliseconds since 1970; open where an end is left out. */
export interface Period {
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/**
 * Gives the part of a history, in its order, that lies in a period. It begins with the first entry that says so and
 * goes on from there: entries that a clock which stepped back stamped with an earlier time came later all the same.
 * An entry from the future, beyond `now`, says nothing about those after it. It ends by the entries' own times: none
 * is shown that says a later time than `until`.
 */
export function ofPeriod<Entry extends HistoryEntry>(
  entries: readonly Entry[],
  { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY }: Period,
  now: number,
): Entry[] {
  let begun = since === Number.NEGATIVE_INFINITY;
  return entries.filter((entry) => {
    const time = timeOf(entry);
    const isIn = time >= since;
    begun ||= isIn && time <= now;
    return (begun || isIn) && time <= until;
  });
}
