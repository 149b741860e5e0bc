import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PerlMissing } from './errors.js';

/** The PATH of a program that was given none. */
export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The perl that starts hooks, carries the calls of their tools, and works in directories that may hang.
 * @param searched directories as in PATH
 * @returns its absolute path
 * @throws PerlMissing
 */
export function findPerl(searched: string = process.env.PATH || DEFAULT_PATH): string {
  const perl = searched
    .split(delimiter)
    .filter((directory) => directory.startsWith('/'))
    .map((directory) => join(directory, 'perl'))
    // The kernel reads a script's first line to the first blank, and no more than 255 bytes of it.
    .find((path) => !/\s/.test(path) && path.length < 200 && isProgram(path));
  if (perl === undefined) throw new PerlMissing({ searched });
  return perl;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
