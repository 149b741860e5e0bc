/*
 * The file of notices: what is newer, as it was found last, and what was told of it. One file for all environments of a user,
 * read by every command on a terminal. Its first line says until when nothing of each environment is to be told, and nearly
 * every command reads no more than that. Then comes a line for each service, which begins with the time at which something is
 * to be told of it, so that no more of them are parsed than that. They are checked by hand: a schema takes ten times as long.
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
export interface Line extends Omit<NoticesOf, 'offers' | 'told'> {
  /** The URL of its state. */
  readonly state: string;
  /** When this was written, and until when nothing is to be told or looked for. */
  readonly quiet: readonly [number, number];
  /** How many of the file's lines are those of its services. */
  readonly services: number;
}

/** The file's first line. Behind it stand the lines of the services, by environment. */
export interface Head {
  /** It was said how to turn notices off. */
  readonly introduced: boolean;
  readonly environments: readonly Line[];
}

/** The line of a service, of which the beginning was read. */
export interface ServiceLine {
  readonly name: string;
  /** When something is to be told, in milliseconds since 1970; infinite where nothing is. */
  readonly due: number;
  readonly text: string;
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
  const head = asObject(parsedJson(line));
  if (typeof head.version === 'number' && head.version > VERSION) return undefined;
  const { version, introduced, environments } = head;
  if (version !== VERSION || !Array.isArray(environments) || !environments.every(isLine)) return nothingNoted;
  return { introduced: introduced === true, environments };
}

/** The file's text. @param lines of the services of all environments, in their order */
export function textOf(head: Head, lines: readonly string[]): string {
  return `${[JSON.stringify({ version: VERSION, ...head }), ...lines].join('\n')}\n`;
}

/** The beginning of a line of which nothing is to be told, as most are. */
const NEVER = '[null,"';

/**
 * Reads the beginning of a service's line, by hand: an expression takes ten times as long. What cannot be read is as good as
 * nothing.
 */
export function parseBeginning(text: string): ServiceLine | undefined {
  const isNever = text.startsWith(NEVER);
  const start = isNever ? NEVER.length : text.indexOf(',"') + 2;
  const end = text.indexOf('",', start);
  if (!text.startsWith('[') || start < 2 || end <= start) return undefined;
  const due = isNever ? Number.POSITIVE_INFINITY : parseDue(text.slice(1, start - 2));
  if (due === undefined) return undefined;
  return new ReadLine(text, start, end, due);
}

/** There may be a thousand of them, of which hardly any is asked for its name. A literal with a getter takes five times as long. */
class ReadLine implements ServiceLine {
  constructor(
    readonly text: string,
    readonly start: number,
    readonly end: number,
    readonly due: number,
  ) {}

  get name(): string {
    return this.text.slice(this.start, this.end);
  }
}

function parseDue(text: string): number | undefined {
  const at = Number(text);
  return String(at) === text && Number.isSafeInteger(at) && at >= 0 ? at : undefined;
}

/** What is known of an environment, with the services of these lines. What cannot be read is as good as nothing. */
export function parseServices(line: Line | undefined, services: readonly ServiceLine[]): NoticesOf {
  const parsedLines = services.map(
    ({ name, text }) => [name, asObject(asArray(parsedJson(text))[2])] as const,
  );
  const { id, begun, checked } = line ?? {};
  return {
    ...(id !== undefined && { id }),
    ...(begun !== undefined && { begun }),
    ...(checked !== undefined && { checked }),
    offers: those(parsedLines, 'known', isServiceOffers),
    told: those(parsedLines, 'told', isToldOfService),
  };
}

/** The line of a service, of which something is to be told at `due`. */
export function serviceLine({ offers, told }: NoticesOf, name: string, due: number): ServiceLine {
  const own = <T>(of: Readonly<Record<string, T>>): T | undefined =>
    Object.hasOwn(of, name) ? of[name] : undefined;
  const known = { known: own(offers), told: own(told) };
  return { name, due, text: JSON.stringify([Number.isFinite(due) ? Math.floor(due) : null, name, known]) };
}

type Loose = Readonly<Record<string, unknown>>;

function parsedJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Loose {
  return isObject(value) ? value : {};
}

function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function those<T>(
  lines: readonly (readonly [string, Loose])[],
  key: string,
  fits: (each: unknown) => each is T,
): Readonly<Record<string, T>> {
  return Object.fromEntries(
    lines.flatMap(([name, { [key]: value }]) => (fits(value) ? [[name, value] as const] : [])),
  );
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

function isLine(value: unknown): value is Line {
  const { state, id, begun, checked, quiet, services } = asObject(value);
  const isSpan = Array.isArray(quiet) && quiet.length === 2 && quiet.every(isNumber);
  const isAbsentOr = (each: unknown, is: (value: unknown) => boolean): boolean =>
    each === undefined || is(each);
  return (
    typeof state === 'string' &&
    isAbsentOr(id, (each) => typeof each === 'string') &&
    isAbsentOr(begun, isNumber) &&
    isAbsentOr(checked, isNumber) &&
    isSpan &&
    Number.isSafeInteger(services)
  );
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
    Object.values(urgent).every(isNumber)
  );
}
