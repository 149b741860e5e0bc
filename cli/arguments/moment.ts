/** The span of a word for a time, both ends in milliseconds since 1970: a day, a minute, or a single moment. */
export interface Moment {
  readonly first: number;
  readonly last: number;
}

/** The forms of a time, for messages and help. */
export const MOMENTS = '2h, 3d, 18:00, yesterday, "yesterday 18:00", 2026-11-20 or 2026-11-20T18:00Z';

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * A time as operators write it, by the local time zone unless it names one: so long ago (`2h`, `1d12h`), a time of day
 * (`18:00`, the last one there was), a day (`today`, `yesterday`, `2026-11-20`), both of them, or `now`.
 * @param now milliseconds since 1970
 * @returns undefined for anything else
 */
export function parseMoment(text: string, now: number): Moment | undefined {
  const words = text.trim().toLowerCase();
  if (words === 'now') return { first: now, last: now };
  const ago = parseAgo(words);
  if (ago !== undefined) return { first: now - ago, last: now - ago };
  const match =
    /^(?<day>[a-z]+|\d{4}-\d\d-\d\d)?(?:(?:^|[t ])(?<time>[\d:.]+)(?<zone>z|[+-]\d\d:?\d\d)?)?$/.exec(words);
  const { day, time, zone } = match?.groups ?? {};
  if (day === undefined && time === undefined) return undefined;
  const date = day === undefined ? dayOf(now, 0) : parseDay(day, now);
  if (date === undefined) return undefined;
  if (time === undefined) return { first: local(date), last: local(date, 1) - 1 };
  const clock = parseTime(time);
  if (clock === undefined) return undefined;
  const of = (days: number): number =>
    zone === undefined ? local(date, days, clock.at) : inZone(date, days, clock.at, zone);
  // A time alone means the last one there was: which day that is depends on the zone, too.
  const days = day === undefined ? [1, 0, -1, -2] : [0];
  const first = days.map(of).find((moment) => day !== undefined || moment <= now);
  return first === undefined ? undefined : { first, last: first + clock.covers - 1 };
}

type Day = readonly [year: number, month: number, day: number];

/** Milliseconds of `90m`, `2h`, `1d12h`, also with `ago` behind it. */
function parseAgo(words: string): number | undefined {
  const match = /^((?:\d{1,6}(?:\.\d+)?[smhdw])+)(?: ago)?$/.exec(words);
  if (match === null) return undefined;
  const parts = (match[1] ?? '').matchAll(/([\d.]+)([smhdw])/g);
  return [...parts].reduce((sum, [, count, unit = '']) => sum + Number(count) * (UNITS[unit] ?? 0), 0);
}

function parseDay(text: string, now: number): Day | undefined {
  if (text === 'today') return dayOf(now, 0);
  if (text === 'yesterday') return dayOf(now, -1);
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number);
  const date = new Date(year, month - 1, day);
  // Not the 2nd of March for the 30th of February.
  const isOne = date.getFullYear() === year && date.getMonth() === month - 1 && date.getDate() === day;
  return isOne ? [year, month, day] : undefined;
}

function dayOf(now: number, days: number): Day {
  const date = new Date(now);
  const there = new Date(date.getFullYear(), date.getMonth(), date.getDate() + days);
  return [there.getFullYear(), there.getMonth() + 1, there.getDate()];
}

/** The time of a day in milliseconds, and how much of it the text leaves open. */
function parseTime(text: string): { readonly at: number; readonly covers: number } | undefined {
  const match = /^(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?$/.exec(text);
  if (match === null) return undefined;
  const [, hours, minutes, seconds, fraction] = match;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds ?? 0) > 59) return undefined;
  const ms = Number((fraction ?? '').padEnd(3, '0'));
  const at = (Number(hours) * 60 + Number(minutes)) * 60_000 + Number(seconds ?? 0) * 1_000 + ms;
  return { at, covers: seconds === undefined ? 60_000 : fraction === undefined ? 1_000 : 1 };
}

/** By the clocks of this time zone: a day of theirs has 23 hours now and then. */
function local([year, month, day]: Day, days = 0, at = 0): number {
  return new Date(year, month - 1, day + days, 0, 0, 0, at).getTime();
}

function inZone([year, month, day]: Day, days: number, at: number, zone: string): number {
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  const ahead = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return Date.UTC(year, month - 1, day + days) + at - ahead;
}
