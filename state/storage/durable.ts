import { closeSync, fsync, openSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { makeDirectory as makeAtOnce, MOST_TRIES } from '../platform/make-directory.js';

const flush = promisify(fsync);

/**
 * Makes a file's content, or what was created, renamed or linked in a directory, survive a power cut. Opened for
 * reading only, because a directory cannot be opened otherwise and a file may be read-only; Linux syncs it all the same.
 */
export async function sync(file: string): Promise<void> {
  const handle = openSync(file, 'r');
  try {
    await flush(handle);
  } finally {
    closeSync(handle);
  }
}

/** Creates `directory` and its missing parents, mode 0700, so that they survive a power cut. */
export async function makeDirectory(directory: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const first = makeAtOnce(directory);
    if (first === undefined) return;
    try {
      // A new directory is an entry of its parent.
      for (let child = directory; child.length >= first.length; child = path.dirname(child))
        await sync(path.dirname(child));
      return;
    } catch (error) {
      if (tries === MOST_TRIES || !(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
        throw error;
    }
  }
}
