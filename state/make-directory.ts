import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

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
