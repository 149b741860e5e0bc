import { chmodSync, existsSync, lstatSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Tries at one directory, which others may make and remove meanwhile in as tight a loop. Not without end: below /proc none
 * can be made, however often.
 */
export const MOST_TRIES = 10_000;

/**
 * Creates a directory and its missing parents, mode 0700. Node's own recursive `mkdir` tells a read-only file system as
 * ENOENT, and never returns below /proc. Others may make the same at the same time, and remove what is empty of it.
 * @returns the topmost one that was made; undefined where all were there
 * @throws errors of the file system
 */
export function makeDirectory(path: string): string | undefined {
  let first: string | undefined;
  for (let tries = 1; ; tries += 1) {
    try {
      mkdirSync(path, { mode: 0o700 });
      return first ?? path;
    } catch (error) {
      const found = statSync(path, { throwIfNoEntry: false });
      if (found?.isDirectory()) return first;
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      // It was in the way, or its parent was not there, a moment ago: others are at work.
      const mayPass = code === 'ENOENT' || (code === 'EEXIST' && found === undefined && !isLink(path));
      if (!mayPass || tries === MOST_TRIES) throw error;
      const parent = dirname(path);
      if (code === 'ENOENT' && parent !== path && !existsSync(parent)) first = makeDirectory(parent) ?? first;
    }
  }
}

/** True if it is a link which leads to nothing. */
function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/**
 * The same for a directory whose files are its user's alone: where it, or one of `files` in it, is another user's to read
 * already, as one made by hand is, that is taken back. What belongs to somebody else is left as it is.
 */
export function makePrivateDirectory(path: string, files: readonly string[] = []): void {
  makeDirectory(path);
  makePrivate(path, 0o700);
  for (const file of files) makePrivate(join(path, file), 0o600);
}

/** Does nothing where there is no such file, or it is not this user's. */
function makePrivate(path: string, mode: number): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || (found.mode & 0o077) === 0 || found.uid !== process.getuid?.()) return;
  try {
    chmodSync(path, mode);
  } catch (error) {
    // Somebody removed it meanwhile.
    if (existsSync(path)) throw error;
  }
}
