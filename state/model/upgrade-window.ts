import { daysLater, instantsOf, type WallTime, wallTime } from '../platform/zoned-time.js';

/** When something may be done by itself: `Sat 02:00-06:00`; or, with `not` in front, when it may not. */
export interface UpgradeWindow {
  readonly deny: boolean;
  /** Weekdays on which it begins; Sunday is 0. */
  readonly days: ReadonlySet<number>;
  /** Minutes since the midnight before; an end that is not after the start is of the next day. */
  readonly start: number;
  readonly end: number;
}

const NAMES = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FORM = /^(?<deny>not )? *(?:(?<days>[a-z,-]+) +)?(?<from>\d{1,2}:\d{2}) *- *(?<to>\d{1,2}:\d{2})$/;

/** The longest look ahead for the next opening, in days: a week, and a change of the clocks. */
const AHEAD = 15;

/**
 * Reads a window: `02:00-06:00`, `Sat 02:00-06:00`, `Mon-Fri 22:00-04:00`, `not Sat,Sun 00:00-24:00`.
 * @returns undefined where the text is none
 */
export function parseWindow(text: string): UpgradeWindow | undefined {
  const { deny, days = 'mon-sun', from = '', to = '' } = FORM.exec(text.trim().toLowerCase())?.groups ?? {};
  const weekdays = daysOf(days === 'daily' ? 'mon-sun' : days);
  const [start, end] = [minutesOf(from), minutesOf(to)];
  if (weekdays === undefined || start === undefined || end === undefined || start === 1_440) return undefined;
  return { deny: deny !== undefined, days: weekdays, start, end: end > start ? end : end + 1_440 };
}

function daysOf(text: string): ReadonlySet<number> | undefined {
  const found = new Set<number>();
  for (const part of text.split(',')) {
    const [first = '', last = first, ...rest] = part.split('-');
    const [from, to] = [NAMES.indexOf(first.slice(0, 3)), NAMES.indexOf(last.slice(0, 3))];
    if (from < 0 || to < 0 || rest.length > 0) return undefined;
    for (let day = from; ; day = (day + 1) % 7) {
      found.add(day);
      if (day === to) break;
    }
  }
  return found;
}

function minutesOf(text: string): number | undefined {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  const all = hours * 60 + minutes;
  return text === '' || minutes > 59 || all > 1_440 ? undefined : all;
}

/**
 * True if it may be done now: within one of those that allow, if there are any, and in none that denies.
 * @param now milliseconds since 1970
 */
export function isOpen(windows: readonly UpgradeWindow[], zone: string, now: number): boolean {
  const within = (window: UpgradeWindow): boolean =>
    spansAround(window, zone, now).some(({ from, to }) => from <= now && now < to);
  const allowing = windows.filter(({ deny }) => !deny);
  const denying = windows.filter(({ deny }) => deny);
  return (allowing.length === 0 || allowing.some(within)) && !denying.some(within);
}

/**
 * The next instant at which it may be done, `now` itself if it may now; undefined where it never may in the next weeks.
 */
export function nextOpening(
  windows: readonly UpgradeWindow[],
  zone: string,
  now: number,
): number | undefined {
  if (isOpen(windows, zone, now)) return now;
  const today = wallTime(zone, now);
  const edges = windows.flatMap((window) =>
    Array.from({ length: AHEAD }, (_, ahead) => daysLater(today, ahead - 1)).flatMap((day) => {
      const span = spanOn(window, zone, day);
      return span === undefined ? [] : [span.from, span.to];
    }),
  );
  return edges
    .filter((edge) => edge > now)
    .sort((a, b) => a - b)
    .find((edge) => isOpen(windows, zone, edge));
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** The windows that began today, or yesterday and may last until now. */
function spansAround(window: UpgradeWindow, zone: string, now: number): readonly Span[] {
  const today = wallTime(zone, now);
  return [today, daysLater(today, -1)].flatMap((day) => spanOn(window, zone, day) ?? []);
}

/** In the hour that clocks show twice it begins with the first and ends with the second. */
function spanOn(window: UpgradeWindow, zone: string, day: WallTime): Span | undefined {
  if (!window.days.has(day.weekday)) return undefined;
  const from = instantsOf(zone, day, window.start).first;
  const to = instantsOf(zone, day, window.end).last;
  // It would not open at all, as clocks skip all of it but its end.
  return { from, to: to > from ? to : from + (window.end - window.start) * 60_000 };
}
