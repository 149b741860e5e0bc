/*
 * The file of notices: what is newer, as it was found last, and what was told of it. One file for all environments of a user,
 * read by every command on a terminal. Its first line says until when nothing of each environment is to be told, and nearly
 * every command reads no more than that; the line of an environment is read where something may be. They are checked by hand
 * here: a schema takes ten times as long for a thousand services.
 */

const VERSION = 1;

/** A newer revision that is worth telling. */
export interface KnownOffer {
  readonly revision: number;
  readonly class: 'eligible' | 'questionable';
  readonly urgent: 'security' | 'data-loss' | null;
}

/** What was told of a service while it had one formula. */
export interface Told {
  /** When something that is not urgent was told last, in milliseconds since 1970. */
  readonly at?: number;
  readonly revisions: readonly number[];
  /** When an urgent revision was told last, by its number. */
  readonly urgent: Readonly<Record<string, number>>;
}

/** What is known of one environment. */
export interface NoticesOf {
  /** The id of the environment: one that is made anew at the same place is another one. */
  readonly id?: string;
  /** When it was last decided to look, and when that ended, in milliseconds since 1970. */
  readonly begun?: number;
  readonly checked?: number;
  /** By service; only where there is something. */
  readonly offers: Readonly<Record<string, ServiceOffers>>;
  /** By service, and then by the formula that it had. */
  readonly told: Readonly<Record<string, Readonly<Record<string, Told>>>>;
}

/** What is newer than one formula of a service. */
export interface ServiceOffers {
  readonly formula: string;
  readonly offers: readonly KnownOffer[];
}

/** What the file's first line says of an environment; times are milliseconds since 1970. */
export interface Line {
  /** The URL of its state. */
  readonly state: string;
  /** When somebody last looked, or began to. */
  readonly used: number;
  /** When the line was written, and until when nothing is to be told or looked for. */
  readonly quiet: readonly [number, number];
}

/** The file's first line. The others are those of `environments`, in their order. */
export interface Head {
  /** It was said how to turn notices off. */
  readonly introduced: boolean;
  readonly environments: readonly Line[];
}

/** The file before anything is known. */
export const nothingNoted: Head = { introduced: false, environments: [] };

/** An environment of which nothing is known. */
export const nothingKnown: NoticesOf = { offers: {}, told: {} };

/**
 * Reads the file's first line. What cannot be read is as good as nothing.
 * @returns undefined if a newer release wrote it: that is left alone
 */
export function parseHead(line: string | undefined): Head | undefined {
  const head = parsed(line);
  if (typeof head.version === 'number' && head.version > VERSION) return undefined;
  const { version, introduced, environments } = head;
  if (version !== VERSION || !Array.isArray(environments) || !environments.every(isLine)) return nothingNoted;
  return { introduced: introduced === true, environments };
}

/** The file's text. @param lines of `environments`, in their order */
export function textOf(head: Head, lines: readonly string[]): string {
  return `${[JSON.stringify({ version: VERSION, ...head }), ...lines].join('\n')}\n`;
}

/** Reads the line of an environment. What of it cannot be read is as good as nothing. */
export function parseLine(line: string | undefined): NoticesOf {
  const { id, begun, checked, offers, told } = parsed(line);
  return {
    ...(typeof id === 'string' && { id }),
    ...(typeof begun === 'number' && { begun }),
    ...(typeof checked === 'number' && { checked }),
    offers: those(offers, isServiceOffers),
    told: those(told, isToldOfService),
  };
}

/** The line of an environment. */
export function lineOf(entry: NoticesOf): string {
  return JSON.stringify(entry);
}

type Loose = Readonly<Record<string, unknown>>;

function parsed(text: string | undefined): Loose {
  try {
    return asObject(JSON.parse(text ?? ''));
  } catch {
    return {};
  }
}

function asObject(value: unknown): Loose {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function those<T>(value: unknown, fits: (each: unknown) => each is T): Readonly<Record<string, T>> {
  const entries = Object.entries(asObject(value));
  return Object.fromEntries(entries.filter((entry): entry is [string, T] => fits(entry[1])));
}

function isLine(value: unknown): value is Line {
  const { state, used, quiet } = asObject(value);
  const isSpan = Array.isArray(quiet) && quiet.length === 2 && quiet.every((at) => typeof at === 'number');
  return typeof state === 'string' && typeof used === 'number' && isSpan;
}

function isServiceOffers(value: unknown): value is ServiceOffers {
  const { formula, offers } = asObject(value);
  return typeof formula === 'string' && Array.isArray(offers) && offers.every(isOffer);
}

function isOffer(value: unknown): value is KnownOffer {
  const { revision, class: kind, urgent } = asObject(value);
  return (
    Number.isSafeInteger(revision) &&
    (kind === 'eligible' || kind === 'questionable') &&
    (urgent === null || urgent === 'security' || urgent === 'data-loss')
  );
}

function isToldOfService(value: unknown): value is Record<string, Told> {
  return isObject(value) && Object.values(value).every(isTold);
}

function isTold(value: unknown): value is Told {
  const { at, revisions, urgent } = asObject(value);
  return (
    (at === undefined || typeof at === 'number') &&
    Array.isArray(revisions) &&
    revisions.every(Number.isSafeInteger) &&
    isObject(urgent) &&
    Object.values(urgent).every((each) => typeof each === 'number')
  );
}
