import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Creates a directory and its missing parents, mode 0700. Node's own recursive `mkdir` tells a read-only file system as
 * ENOENT, and never returns below /proc.
 * @returns the topmost one that was made; undefined where all were there
 * @throws errors of the file system
 */
export function makeDirectory(path: string): string | undefined {
  try {
    mkdirSync(path, { mode: 0o700 });
    return path;
  } catch (error) {
    if (existsSync(path) && statSync(path).isDirectory()) return undefined;
    const isParentMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isParentMissing || existsSync(dirname(path))) throw error;
    const first = makeDirectory(dirname(path));
    return makeDirectory(path) === undefined ? first : (first ?? path);
  }
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
export function makePrivate(path: string, mode: number): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || (found.mode & 0o077) === 0 || found.uid !== process.getuid?.()) return;
  chmodSync(path, mode);
}
