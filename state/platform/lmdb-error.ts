import { statfsSync } from 'node:fs';

/** lmdb gives the system's error numbers (Linux), Node their names. */
const names: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  5: 'EIO',
  13: 'EACCES',
  20: 'ENOTDIR',
  21: 'EISDIR',
  23: 'ENFILE',
  24: 'EMFILE',
  28: 'ENOSPC',
  30: 'EROFS',
  122: 'EDQUOT',
};

/** Bytes; a disk with less than that is full for a store, which writes whole pages. */
const TOO_LITTLE = 1_000_000;

/** lmdb rejects a failed commit with an error that only promises its reason: that reason, or the error itself. */
export async function lmdbCause(error: unknown): Promise<unknown> {
  if (!(error instanceof Error && 'commitError' in error)) return error;
  try {
    await error.commitError;
  } catch (cause) {
    return cause;
  }
  return error;
}

/**
 * The name that the system has for an error of a store in `directory`, such as `ENOSPC`; undefined for an error that is
 * lmdb's own. A write that a full disk cut short is told as an input/output error, or without a number: the disk knows
 * better.
 */
export function systemCodeOf(error: unknown, directory: string): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const name = typeof code === 'number' ? names[code] : code === undefined ? undefined : String(code);
  const isUnclear = name === 'EIO' || code === undefined;
  return isUnclear && isFull(directory) ? 'ENOSPC' : name;
}

function isFull(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize < TOO_LITTLE;
  } catch {
    return false;
  }
}
