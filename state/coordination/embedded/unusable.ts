import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { EnsembleError } from '../../platform/errors.js';
import { type LmdbDamage, lmdbDamage } from '../../platform/lmdb-damage.js';
import { CoordinatorUnreachable, StateDamaged } from '../errors.js';
import { SessionOver } from './session.js';

const sentences: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write its directory',
  EPERM: 'this user may not write its directory',
  EROFS: 'its directory is on a read-only file system',
  ENOTDIR: 'a part of its path is a file, not a directory',
  EEXIST: 'its path is a file, not a directory',
  EISDIR: 'its data file is a directory',
  ENOENT: 'its directory cannot be created',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EMFILE: 'this process has too many open files',
  ENFILE: 'the machine has too many open files',
};

/** lmdb gives the system's error numbers (Linux), Node their names. */
const names: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  13: 'EACCES',
  20: 'ENOTDIR',
  21: 'EISDIR',
  23: 'ENFILE',
  24: 'EMFILE',
  28: 'ENOSPC',
  30: 'EROFS',
  122: 'EDQUOT',
};

/** lmdb's own numbers are negative; those that tell of a store in which pages are not what they should be. */
const ofDamage: ReadonlySet<unknown> = new Set([
  -30_797, // MDB_PAGE_NOTFOUND
  -30_796, // MDB_CORRUPTED
  -30_787, // MDB_CURSOR_FULL
  -30_786, // MDB_PAGE_FULL
  -30_782, // MDB_BAD_TXN
  -30_781, // MDB_BAD_VALSIZE
  -30_779, // MDB_PROBLEM
]);

/** Explains to an operator why the store failed. Ensemble's own errors, and bugs (TypeError), stay as they are. */
export async function explained(url: string, directory: string, error: unknown): Promise<unknown> {
  if ([EnsembleError, SessionOver, TypeError].some((own) => error instanceof own)) return error;
  const cause = await causeOf(error);
  const damage = damageBehind(cause, directory);
  if (damage !== undefined) return new StateDamaged(url, damage.reason, damage.isReadable, { cause });
  const code = codeOf(cause);
  const isUnclear = code === undefined || code === 'EIO';
  const known = isUnclear && isFull(directory) ? sentences.ENOSPC : sentences[code ?? ''];
  const reason = known ?? (cause instanceof Error ? cause.message : String(cause));
  return new CoordinatorUnreachable({ coordinator: url, reason }, { cause });
}

/** lmdb rejects a failed commit with an error that only promises its reason. */
async function causeOf(error: unknown): Promise<unknown> {
  if (!(error instanceof Error && 'commitError' in error)) return error;
  try {
    await error.commitError;
  } catch (cause) {
    return cause;
  }
  return error;
}

function damageBehind(error: unknown, directory: string): LmdbDamage | undefined {
  if (!(error instanceof Error && 'code' in error && ofDamage.has(error.code))) return undefined;
  try {
    return lmdbDamage(join(directory, 'data.mdb'));
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error)) return undefined;
  return typeof error.code === 'number' ? names[error.code] : String(error.code);
}

/** A write that a full disk cut short is told as an input/output error: the disk knows better. */
function isFull(directory: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize < 1_000_000;
  } catch {
    return false;
  }
}
