import {
  closeSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { makeDirectory } from '../../state/platform/make-directory.js';
import { lookAt, serviceDueAt } from './due.js';
import {
  type Head,
  type Line,
  type NoticesOf,
  parseBeginning,
  parseHead,
  parseServices,
  type ServiceLine,
  serviceLine,
  textOf,
} from './record.js';

/** Bytes of the file at most: no command waits for more. */
const MOST = 4 * 1024 ** 2;

/** Milliseconds for which the entry of an environment is kept that nobody works with. */
const KEPT = 90 * 86_400_000;

/** Milliseconds after which a claim is that of a process which ended in the middle. */
const CLAIM_LASTS = 10_000;

/** Where the file is. */
export function noticesFile({ XDG_STATE_HOME: state = '', HOME: home }: NodeJS.ProcessEnv): string {
  return join(
    isAbsolute(state) ? state : join(home || homedir(), '.local', 'state'),
    'ensemble',
    'notices.json',
  );
}

/** Bytes that are read at once for the first line. */
const PIECE = 16 * 1024;

/** A file as it was read: its first line, and those of the services of each environment, in the same order. */
interface Sheet {
  readonly head: Head;
  readonly services: readonly (readonly string[])[];
}

/** Which services' lines are to be parsed. */
export type Wanted = (service: Pick<ServiceLine, 'name' | 'due'>) => boolean;

const everyOne: Wanted = () => true;

/**
 * Reads the file's first line, without waiting for anybody.
 * @returns undefined if a newer release wrote it
 */
export function readHead(file: string): Head | undefined {
  return parseHead(reading(file, () => firstLineOf(file)));
}

/** True if nothing is to be told of an environment, nor to be looked for, whatever a command sees. */
export function isQuiet({ environments }: Head, state: string, now: number): boolean {
  const [from, until] = environments.find((each) => each.state === state)?.quiet ?? [now, now];
  // The clock may have been set back since.
  return from <= now && now < until;
}

/**
 * Reads what is known of an environment, without waiting for anybody.
 * @returns undefined if a newer release wrote the file
 */
export function readNoticesOf(file: string, state: string, wanted: Wanted = everyOne): NoticesOf | undefined {
  const sheet = readSheet(file);
  if (sheet === undefined) return undefined;
  const { line, services } = partOf(sheet, state);
  return parseServices(line, services.filter(wanted));
}

function readSheet(file: string): Sheet | undefined {
  const [first, ...lines] = textIn(file)?.split('\n') ?? [];
  const head = parseHead(first);
  if (head === undefined) return undefined;
  const services: (readonly string[])[] = [];
  for (const each of head.environments) services.push(lines.splice(0, each.services));
  return { head, services };
}

function partOf(
  { head: { environments }, services }: Sheet,
  state: string,
): { readonly line: Line | undefined; readonly services: readonly ServiceLine[] } {
  const index = environments.findIndex((each) => each.state === state);
  const lines = (services[index] ?? []).flatMap((text) => parseBeginning(text) ?? []);
  return { line: environments[index], services: lines };
}

function textIn(file: string): string | undefined {
  return reading(file, () => readFileSync(file, 'utf8'));
}

/** To read a pipe would take for ever. */
function reading(file: string, read: () => string): string | undefined {
  try {
    const found = statSync(file);
    return found.isFile() && found.size <= MOST ? read() : undefined;
  } catch {
    return undefined;
  }
}

function firstLineOf(file: string): string {
  const piece = Buffer.alloc(PIECE);
  const descriptor = openSync(file, 'r');
  try {
    const text = piece.toString('utf8', 0, readSync(descriptor, piece));
    return (text.includes('\n') ? text : readFileSync(file, 'utf8')).split('\n', 1)[0] ?? '';
  } finally {
    closeSync(descriptor);
  }
}

/** What the file says of an environment, and whether it was ever said how to turn notices off. */
export interface Noted {
  readonly entry: NoticesOf;
  readonly introduced: boolean;
}

/**
 * Changes what the file says of an environment, as it is now, if nobody else is at it. Never waits. Environments that nobody
 * worked with for 90 days go.
 * @param change returns undefined if there is nothing to change; it sees only the services that are wanted
 * @param now milliseconds since 1970
 * @param wanted default: all services
 * @returns whether it was changed; else there was nothing to change, somebody else is at it, or it cannot be written
 */
export function changeNotices(
  file: string,
  state: string,
  change: (noted: Noted) => Noted | undefined,
  now: number,
  wanted: Wanted = everyOne,
): boolean {
  const claim = `${file}.claim`;
  if (!claimed(claim, now)) return false;
  const aside = `${file}.${process.pid}`;
  try {
    const before = readSheet(file);
    if (before === undefined) return false;
    const { line, services } = partOf(before, state);
    // Where the clock was set back, the times in the file mean nothing.
    const isWanted = (line?.quiet[0] ?? 0) > now ? everyOne : wanted;
    const entry = parseServices(line, services.filter(isWanted));
    const after = change({ entry, introduced: before.head.introduced });
    if (after === undefined) return false;
    const kept = services.filter((each) => !isWanted(each));
    writeFileSync(aside, textWith(before, state, { ...after, kept }, now), { mode: 0o600 });
    renameSync(aside, file);
    return true;
  } catch {
    removeFile(aside);
    return false;
  } finally {
    removeFile(claim);
  }
}

/** @param kept lines of services that stay as they are */
function textWith(
  before: Sheet,
  state: string,
  { entry, introduced, kept }: Noted & { readonly kept: readonly ServiceLine[] },
  now: number,
): string {
  const others = before.head.environments
    .map((line, index) => ({ line, texts: before.services[index] ?? [] }))
    .filter(({ line }) => line.state !== state && now - Math.max(line.begun ?? 0, line.checked ?? 0) < KEPT);
  const { offers, told, ...about } = entry;
  const names = new Set([...Object.keys(offers), ...Object.keys(told)]);
  const changed = [...names].map((name) => serviceLine(entry, name, serviceDueAt(entry, name, now)));
  const services = [...kept, ...changed];
  const until = services.reduce((least, { due }) => Math.min(least, due), lookAt(entry, now));
  const line = { state, ...about, quiet: [now, until] as const, services: services.length };
  const all = [...others, { line, texts: services.map(({ text }) => text) }];
  return textOf(
    { introduced, environments: all.map((each) => each.line) },
    all.flatMap(({ texts }) => texts),
  );
}

function claimed(claim: string, now: number): boolean {
  try {
    makeOwnDirectory(dirname(claim));
    closeSync(openSync(claim, 'wx', 0o600));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') endOld(claim, now);
    return false;
  }
}

/** `rmSync` loads what removes directories first. */
function removeFile(file: string): void {
  try {
    unlinkSync(file);
  } catch {
    // It was never made.
  }
}

/** The one after this finds it free. */
function endOld(claim: string, now: number): void {
  try {
    const age = now - statSync(claim).mtimeMs;
    if (age > CLAIM_LASTS || age < -CLAIM_LASTS) unlinkSync(claim);
  } catch {
    // It has gone by itself, or cannot be removed: then nothing is told.
  }
}

/** Root, as by sudo with the home of somebody else, must not leave a directory there that its owner cannot write to. */
function makeOwnDirectory(directory: string): void {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory()) return;
  let above = dirname(directory);
  while (statSync(above, { throwIfNoEntry: false }) === undefined && dirname(above) !== above)
    above = dirname(above);
  if (statSync(above).uid !== process.getuid?.()) throw new Error(`${above} belongs to somebody else`);
  makeDirectory(directory);
}
