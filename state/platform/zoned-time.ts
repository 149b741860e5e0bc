/** A day and a time of it, as a clock on the wall shows them: months and days count from 1, Sunday is weekday 0. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
  /** Minutes since midnight. */
  readonly minutes: number;
}

const DAY = 86_400_000;

/** One for each zone: to make one takes a while. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** True if this machine knows the time zone, such as `Europe/Berlin` or `UTC`. */
export function isTimeZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** The zone of this process. */
export function ownTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  formats.set(zone, format);
  return format;
}

/** The wall's time in a zone at an instant, as if the zone were UTC: milliseconds. */
function wallMilliseconds(zone: string, instant: number): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(instant)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** What clocks in the zone show. @param instant milliseconds since 1970 */
export function wallTime(zone: string, instant: number): WallTime {
  return ofMilliseconds(wallMilliseconds(zone, instant));
}

function ofMilliseconds(wall: number): WallTime {
  const date = new Date(wall);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay(),
    minutes: date.getUTCHours() * 60 + date.getUTCMinutes(),
  };
}

/** The day that is so many days later, or earlier. */
export function daysLater({ year, month, day }: WallTime, days: number): WallTime {
  return ofMilliseconds(Date.UTC(year, month - 1, day) + days * DAY);
}

/**
 * The instants at which clocks in the zone show a time of a day: two of them in the hour that is shown twice. In the hour
 * that is skipped no clock shows it; then it is the instant that comes as long after the skip as it should after its
 * beginning, so that what takes a while takes as long as ever.
 * @param minutes since midnight; 1,440 and more are of the days after it
 * @returns milliseconds since 1970
 */
export function instantsOf(
  zone: string,
  { year, month, day }: WallTime,
  minutes: number,
): { readonly first: number; readonly last: number } {
  const wanted = Date.UTC(year, month - 1, day) + minutes * 60_000;
  const offsets = [wanted - DAY, wanted + DAY].map((near) => wallMilliseconds(zone, near) - near);
  const fitting = offsets
    .map((offset) => wanted - offset)
    .filter((instant) => wallMilliseconds(zone, instant) === wanted);
  if (fitting.length === 0) {
    const skipped = wanted - (offsets[0] ?? 0);
    return { first: skipped, last: skipped };
  }
  return { first: Math.min(...fitting), last: Math.max(...fitting) };
}
