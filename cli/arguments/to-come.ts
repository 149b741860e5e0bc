import { parseMoment } from './moment.js';

const DAY = 86_400_000;

/**
 * A time to come as operators write it, in milliseconds since 1970: a day is meant to its end, a time of day the next one
 * there is. Undefined for what is no time; what is over is returned all the same.
 * @param now milliseconds since 1970
 */
export function parseToCome(text: string, now: number): number | undefined {
  const isTimeAlone = /^\s*\d{1,2}:/.test(text);
  // The last one there was, as of tomorrow.
  const found = parseMoment(text, isTimeAlone ? now + DAY : now);
  if (found === undefined) return undefined;
  return found.last - found.first > 60_000 ? found.last + 1 : found.first;
}
