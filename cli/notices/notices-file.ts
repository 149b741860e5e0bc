import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { makeDirectory } from '../../state/platform/make-directory.js';
import { type Notices, noticesText, parseNotices } from './record.js';

/** Bytes of the file at most: no command waits for more. */
const MOST = 4 * 1024 ** 2;

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

/**
 * Reads the file, without waiting for anybody.
 * @returns undefined if a newer release wrote it
 */
export function readNotices(file: string): Notices | undefined {
  return parseNotices(textOf(file));
}

function textOf(file: string): string | undefined {
  try {
    const found = statSync(file);
    // To read a pipe would take for ever.
    return found.isFile() && found.size <= MOST ? readFileSync(file, 'utf8') : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Changes the file, as it is now, if nobody else is at it. Never waits.
 * @param change returns undefined if there is nothing to change any more
 * @param now milliseconds since 1970
 * @returns the file as it became, or undefined where it stayed: somebody else is at it, or it cannot be written
 */
export function changeNotices(
  file: string,
  change: (notices: Notices) => Notices | undefined,
  now: number,
): Notices | undefined {
  const claim = `${file}.claim`;
  if (!claimed(claim, now)) return undefined;
  const aside = `${file}.${process.pid}`;
  try {
    const before = readNotices(file);
    const after = before && change(before);
    if (after === undefined) return undefined;
    writeFileSync(aside, noticesText(after), { mode: 0o600 });
    renameSync(aside, file);
    return after;
  } catch {
    rmSync(aside, { force: true });
    return undefined;
  } finally {
    rmSync(claim, { force: true });
  }
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
