/** Characters of one text of an entry. */
const MOST_TEXT = 160;

/** Elements of one list, and keys of one record, in an entry's details. */
const MOST_ELEMENTS = 20;

/** Characters of all of an entry's details, as JSON. */
const MOST_DETAILS = 2_000;

/** Control, private and direction characters, and halves of characters: none of them is part of a word. */
const UNSAFE = /[\p{Cc}\p{Co}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A text of others in one line, without characters that are none, and no longer than `most` characters; `…` tells that
 * there was more.
 */
export function boundedLine(text: string, most: number = MOST_TEXT): string {
  // Looks through little more of a long text than may be shown.
  const line = text
    .slice(0, most * 8)
    .replace(/\s+/gu, ' ')
    .replace(UNSAFE, '')
    .replace(/ {2,}/g, ' ')
    .trim();
  const characters = [...line];
  const isCut = characters.length > most || text.length > most * 8;
  return isCut ? `${characters.slice(0, most).join('')}…` : line;
}

/**
 * Details as they are kept: texts are as they are, since JSON escapes what no terminal may get; long ones are cut, of long lists and records the first elements stay. What is too long even
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
  if (typeof value === 'string') return boundedText(value);
  if (Array.isArray(value)) return value.slice(0, MOST_ELEMENTS).map(boundedValue);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(boundedEntries(value));
  return value;
}

function boundedText(text: string): string {
  // No more is looked through than may be kept: a character has two units at most.
  const characters = [...text.slice(0, MOST_TEXT * 2 + 2)];
  return characters.length > MOST_TEXT ? `${characters.slice(0, MOST_TEXT).join('')}…` : text;
}

/** How much of one history is kept. */
export interface HistoryLimits {
  readonly entries: number;
  /** The most of those that may come by the dozen, as from a watchdog: they push nothing else out. */
  readonly commands: number;
  /** The most characters of all as JSON: a node has a limit of its own. */
  readonly characters: number;
}

/** Kinds of which there may be very many. */
const FREQUENT: readonly unknown[] = ['run', 'debug-hooks'];

/** The entries that are kept, the last ones. */
export function boundedHistory<Entry>(
  entries: readonly Entry[],
  { entries: most, commands, characters }: HistoryLimits,
): readonly Entry[] {
  const isFrequent = (entry: unknown): boolean => FREQUENT.includes(kindOf(entry));
  let surplus = entries.filter(isFrequent).length - commands;
  const kept = entries.filter((entry) => !isFrequent(entry) || surplus-- <= 0).slice(-most);
  let size = 0;
  const first = kept.findLastIndex((entry) => {
    size += (JSON.stringify(entry) ?? '').length + 1;
    return size > characters;
  });
  // The last one stays, whatever its size: it is what is being put on record.
  return kept.slice(Math.min(first + 1, kept.length - 1));
}

function kindOf(entry: unknown): unknown {
  return typeof entry === 'object' && entry !== null && 'what' in entry ? entry.what : undefined;
}
