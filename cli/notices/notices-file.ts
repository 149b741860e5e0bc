import {
  closeSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { makeDirectory } from '../../state/platform/make-directory.js';
import { quietUntil } from './due.js';
import { type Head, lineOf, type NoticesOf, nothingKnown, parseHead, parseLine, textOf } from './record.js';

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

/** A file as it was read: its first line, and those of the environments in the same order. */
interface Sheet {
  readonly head: Head;
  readonly lines: readonly string[];
}

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
export function readNoticesOf(file: string, state: string): NoticesOf | undefined {
  const sheet = readSheet(file);
  return sheet && entryIn(sheet, state);
}

function readSheet(file: string): Sheet | undefined {
  const [first, ...lines] = textIn(file)?.split('\n') ?? [];
  const head = parseHead(first);
  return head && { head, lines };
}

function entryIn({ head: { environments }, lines }: Sheet, state: string): NoticesOf {
  const index = environments.findIndex((each) => each.state === state);
  return index < 0 ? nothingKnown : parseLine(lines[index]);
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
 * @param change returns undefined if there is nothing to change
 * @param now milliseconds since 1970
 * @returns whether it was changed; else there was nothing to change, somebody else is at it, or it cannot be written
 */
export function changeNotices(
  file: string,
  state: string,
  change: (noted: Noted) => Noted | undefined,
  now: number,
): boolean {
  const claim = `${file}.claim`;
  if (!claimed(claim, now)) return false;
  const aside = `${file}.${process.pid}`;
  try {
    const before = readSheet(file);
    if (before === undefined) return false;
    const after = change({ entry: entryIn(before, state), introduced: before.head.introduced });
    if (after === undefined) return false;
    writeFileSync(aside, textWith(before, state, after, now), { mode: 0o600 });
    renameSync(aside, file);
    return true;
  } catch {
    rmSync(aside, { force: true });
    return false;
  } finally {
    rmSync(claim, { force: true });
  }
}

function textWith(before: Sheet, state: string, { entry, introduced }: Noted, now: number): string {
  const others = before.head.environments
    .map((head, index) => ({ head, line: before.lines[index] ?? '' }))
    .filter(({ head }) => head.state !== state && now - head.used < KEPT);
  const { begun = 0, checked = 0 } = entry;
  const head = {
    state,
    used: Math.max(begun, checked),
    quiet: [now, quietUntil(entry, now)] as const,
  };
  const all = [...others, { head, line: lineOf(entry) }];
  return textOf(
    { introduced, environments: all.map((each) => each.head) },
    all.map((each) => each.line),
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

/** The one after this finds it free. */
function endOld(claim: string, now: number): void {
  try {
    const age = now - statSync(claim).mtimeMs;
    if (age > CLAIM_LASTS || age < -CLAIM_LASTS) rmSync(claim, { force: true });
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
