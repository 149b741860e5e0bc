import type { KnownOffer, NoticesOf, Told } from './record.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Between two looks for what is newer, in milliseconds. */
export const LOOK_EVERY = 12 * HOUR;
/** From one notice about a service to the next, as long as the service has the same formula. */
export const QUIET = 14 * DAY;
/** From one notice about an urgent revision to the next. */
export const URGENT_EVERY = DAY;

/** Formulas that a service had and of which it is remembered what was told: it may go back to one. */
const MOST_FORMULAS = 8;

/** A notice about one service. */
export interface Notice {
  readonly service: string;
  /** The id of what it runs. */
  readonly formula: string;
  /** Never empty. Of each that is `urgent`, that is what is told. */
  readonly offers: readonly KnownOffer[];
}

/** What a command saw while it ran, by service: formula ids. */
export interface Known {
  readonly seen: ReadonlyMap<string, string>;
  /** Given to it by the command itself. */
  readonly given: ReadonlyMap<string, string>;
}

/**
 * Decides what is to be told now. Each (service, formula, revision) is told once, and nothing within 14 days of the last
 * time for the same formula. What is urgent is told at once and again each day, and has no part in those 14 days: otherwise
 * it would keep the rest untold for ever.
 * @param now milliseconds since 1970
 */
export function dueNotices(entry: NoticesOf, { seen, given }: Known, now: number): readonly Notice[] {
  return Object.entries(entry.offers).flatMap(([service, { formula, offers }]) => {
    // The command itself shows what it just did; and what is out of date is worse than nothing.
    if (given.has(service) || (seen.get(service) ?? formula) !== formula) return [];
    const told = toldFrom(entry, service, formula);
    const due = offers.filter((offer) => isDue(offer, told, now));
    return due.length === 0 ? [] : [{ service, formula, offers: due }];
  });
}

function isDue(offer: KnownOffer, told: Told | undefined, now: number): boolean {
  return dueAt(offer, told, now) <= now;
}

/** When an offer is to be told: not after `now` where that is already. */
function dueAt({ revision, urgent }: KnownOffer, told: Told | undefined, now: number): number {
  if (urgent !== null) return endOf(told?.urgent[String(revision)], URGENT_EVERY, now);
  return (told?.revisions.includes(revision) ?? false)
    ? Number.POSITIVE_INFINITY
    : endOf(told?.at, QUIET, now);
}

/** A time to come is that of a clock which went wrong: it must not silence anything for years. */
function endOf(at: number | undefined, span: number, now: number): number {
  return at === undefined || at > now ? now : at + span;
}

/** When something is to be told of a service: not after `now` where that is already, infinite where nothing is. */
export function serviceDueAt(entry: NoticesOf, service: string, now: number): number {
  const known = Object.hasOwn(entry.offers, service) ? entry.offers[service] : undefined;
  if (known === undefined) return Number.POSITIVE_INFINITY;
  const told = toldFrom(entry, service, known.formula);
  return Math.min(...known.offers.map((offer) => dueAt(offer, told, now)));
}

function toldFrom({ told }: NoticesOf, service: string, formula: string): Told | undefined {
  return Object.hasOwn(told, service) ? told[service]?.[formula] : undefined;
}

/** The entry once these were told. */
export function afterTelling(entry: NoticesOf, notices: readonly Notice[], now: number): NoticesOf {
  return afterEach(entry, notices, (before, notice) => toldOf(before, notice, now));
}

/**
 * The entry once an operator saw these by asking for them. They are as good as told; but who asked was told nothing by
 * itself, so that a later revision is told without waiting for 14 days.
 */
export function afterShowing(entry: NoticesOf, shown: readonly Notice[], now: number): NoticesOf {
  return afterEach(entry, shown, (before, notice) => {
    const { at: _, ...told } = toldOf(before, notice, now);
    return { ...told, ...(before?.at !== undefined && { at: before.at }) };
  });
}

function afterEach(
  entry: NoticesOf,
  notices: readonly Notice[],
  toldOfOne: (before: Told | undefined, notice: Notice) => Told,
): NoticesOf {
  const told = { ...entry.told };
  for (const notice of notices) {
    const { [notice.formula]: before, ...others } = told[notice.service] ?? {};
    // The last ones written are the last in order.
    const kept = Object.entries(others).slice(-(MOST_FORMULAS - 1));
    told[notice.service] = Object.fromEntries([...kept, [notice.formula, toldOfOne(before, notice)]]);
  }
  return { ...entry, told };
}

function toldOf(before: Told = { revisions: [], urgent: {} }, { offers }: Notice, now: number): Told {
  const [urgent, plain] = [true, false].map((is) => offers.filter((each) => (each.urgent !== null) === is));
  const revisions = new Set([...before.revisions, ...offers.map(({ revision }) => revision)]);
  return {
    ...((plain?.length ?? 0) > 0 ? { at: now } : before.at !== undefined && { at: before.at }),
    revisions: [...revisions],
    urgent: {
      ...before.urgent,
      ...Object.fromEntries((urgent ?? []).map(({ revision }) => [String(revision), now])),
    },
  };
}

/** True if it is time to look for what is newer. */
export function isLookDue(entry: NoticesOf, now: number): boolean {
  return lookAt(entry, now) <= now;
}

/** When the next look is due: not after `now` where that is already. */
export function lookAt({ begun, checked }: Pick<NoticesOf, 'begun' | 'checked'>, now: number): number {
  return Math.max(...[begun, checked].map((at) => endOf(at, LOOK_EVERY, now)));
}

/** Without what is known of services that have another formula since. */
export function withoutOutdated(entry: NoticesOf, given: ReadonlyMap<string, string>): NoticesOf {
  const kept = Object.entries(entry.offers).filter(
    ([service, { formula }]) => (given.get(service) ?? formula) === formula,
  );
  return kept.length === Object.keys(entry.offers).length
    ? entry
    : { ...entry, offers: Object.fromEntries(kept) };
}
