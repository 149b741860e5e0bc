/** Characters of one text of an entry. */
const MOST_TEXT = 160;

/** Elements of one list, and keys of one record, in an entry's details. */
const MOST_ELEMENTS = 20;

/** Characters of all of an entry's details, as JSON. */
const MOST_DETAILS = 2_000;

/** Control, private and direction characters, and halves of characters: none of them is part of a word. */
const unsafe = /[\p{Cc}\p{Co}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A text of others in one line, without characters that are none, and no longer than `most` characters; `…` tells that
 * there was more.
 */
export function boundedLine(text: string, most: number = MOST_TEXT): string {
  // Whatever comes, no more of it is looked through than may be shown, give or take what falls out.
  const line = text
    .slice(0, most * 8)
    .replace(/\s+/gu, ' ')
    .replace(unsafe, '')
    .replace(/ {2,}/g, ' ')
    .trim();
  const characters = [...line];
  const isCut = characters.length > most || text.length > most * 8;
  return isCut ? `${characters.slice(0, most).join('')}…` : line;
}

/**
 * Details as they are kept: long texts are cut, of long lists and records the first elements stay. What is too long even
 * so is left out, which `leftOut: true` tells.
 */
export function boundedDetails(details: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const bounded = Object.fromEntries(boundedEntries(details));
  return JSON.stringify(bounded).length > MOST_DETAILS ? { leftOut: true } : bounded;
}

function boundedEntries(record: object): (readonly [string, unknown])[] {
  return Object.entries(record)
    .filter(([, value]) => value !== undefined)
    .slice(0, MOST_ELEMENTS)
    .map(([key, value]) => [boundedLine(key), boundedValue(value)]);
}

function boundedValue(value: unknown): unknown {
  if (typeof value === 'string') return boundedLine(value);
  if (Array.isArray(value)) return value.slice(0, MOST_ELEMENTS).map(boundedValue);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(boundedEntries(value));
  return value;
}
