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
    const told = Object.hasOwn(entry.told, service) ? entry.told[service]?.[formula] : undefined;
    const due = offers.filter((offer) => isDue(offer, told, now));
    return due.length === 0 ? [] : [{ service, formula, offers: due }];
  });
}

function isDue({ revision, urgent }: KnownOffer, told: Told | undefined, now: number): boolean {
  if (urgent !== null) return isOver(told?.urgent[String(revision)], URGENT_EVERY, now);
  return !(told?.revisions.includes(revision) ?? false) && isOver(told?.at, QUIET, now);
}

/** A time to come is that of a clock which went wrong: it must not silence anything for years. */
function isOver(at: number | undefined, span: number, now: number): boolean {
  return at === undefined || at > now || now - at >= span;
}

/** The entry once these were told. */
export function afterTelling(entry: NoticesOf, notices: readonly Notice[], now: number): NoticesOf {
  const told = { ...entry.told };
  for (const notice of notices) {
    const { [notice.formula]: before, ...others } = told[notice.service] ?? {};
    // The last ones written are the last in order.
    const kept = Object.entries(others).slice(-(MOST_FORMULAS - 1));
    told[notice.service] = Object.fromEntries([...kept, [notice.formula, toldOf(before, notice, now)]]);
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
export function isLookDue({ begun, checked }: NoticesOf, now: number): boolean {
  return [begun, checked].every((at) => isOver(at, LOOK_EVERY, now));
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
