import { join } from 'node:path';
import { EnsembleError } from '../../platform/errors.js';
import { type LmdbDamage, lmdbDamage } from '../../platform/lmdb-damage.js';
import { lmdbCause, systemCodeOf } from '../../platform/lmdb-error.js';
import { CoordinatorUnreachable, StateDamaged } from '../errors.js';
import { SessionOver } from './session.js';

/** What the system's errors mean for a store in `directory`, and what mends it; without that, see the error. */
const explanations: Readonly<
  Record<string, readonly [reason: string, next?: (directory: string) => string]>
> = {
  EACCES: ['this user may not write its directory'],
  EPERM: ['this user may not write its directory'],
  EROFS: ['its directory is on a read-only file system', (directory) => `mount ${directory} writable`],
  ENOTDIR: ['a part of its path is a file, not a directory'],
  EEXIST: ['its path is a file, not a directory'],
  EISDIR: ['its data file is a directory'],
  ENOENT: ['its directory cannot be created'],
  ENOSPC: ['the disk is full', makeRoom],
  EDQUOT: ['the disk quota is used up', makeRoom],
  EMFILE: ['this process has too many open files', () => 'raise its limit: ulimit -n'],
  ENFILE: ['the machine has too many open files', () => 'raise its limit: sysctl fs.file-max'],
  EIO: ['its disk gives input/output errors', (directory) => `check the disk of ${directory}`],
};

function makeRoom(directory: string): string {
  return `make room on the disk of ${directory}`;
}

/** lmdb's own numbers are negative; those that tell of a store in which pages are not what they should be. */
const OF_DAMAGE: ReadonlySet<unknown> = new Set([
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
  const cause = await lmdbCause(error);
  const damage = damageBehind(cause, directory);
  if (damage !== undefined) return new StateDamaged(url, damage.reason, damage.isReadable, { cause });
  const [known, mend] = explanations[systemCodeOf(cause, directory) ?? ''] ?? [];
  const reason = known ?? (cause instanceof Error ? cause.message : String(cause));
  const next = mend?.(directory);
  return new CoordinatorUnreachable(
    { coordinator: url, reason, ...(next !== undefined && { next }) },
    { cause },
  );
}

function damageBehind(error: unknown, directory: string): LmdbDamage | undefined {
  if (!(error instanceof Error && 'code' in error && OF_DAMAGE.has(error.code))) return undefined;
  try {
    return lmdbDamage(join(directory, 'data.mdb'));
  } catch {
    return undefined;
  }
}
