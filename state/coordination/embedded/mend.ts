import {
  chmodSync,
  chownSync,
  linkSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Database, Key } from 'lmdb';
import { lmdbDamage } from '../../platform/lmdb-damage.js';
import { makePrivateDirectory } from '../../platform/make-directory.js';
import { CoordinatorUnreachable, StateDamaged } from '../errors.js';
import { CommitNumber } from './commit-number.js';
import { LockFile } from './lock-file.js';
import { directoryOf } from './open.js';
import { openLmdb } from './open-lmdb.js';

/** The result of mending a damaged store. */
export interface Mended {
  /** Such as `page 27 is in use, and free since commit 62`. */
  readonly reason: string;
  /** The damaged file, as it was. */
  readonly kept: string;
  /** How many nodes there are. */
  readonly nodes: number;
}

/**
 * Makes a damaged store anew, from all that it holds, where that can be read; the damaged file is kept beside it, and the
 * new one is the same user's.
 * @param copied what is done when all was copied, and the new file is not in its place yet; for tests
 * @returns undefined where nothing is wrong with it, and nothing was done
 * @throws StateDamaged where what it holds cannot be read; CoordinatorUnreachable while a process has it open, or where
 *   one wrote to it meanwhile
 */
export async function mendStore(
  url: string,
  copied: () => Promise<void> = () => Promise.resolve(),
): Promise<Mended | undefined> {
  const directory = directoryOf(url);
  if (statSync(join(directory, 'data.mdb'), { throwIfNoEntry: false }) === undefined) return undefined;
  const real = realpathSync(directory);
  const data = join(real, 'data.mdb');
  const damage = lmdbDamage(data);
  if (damage === undefined) return undefined;
  if (!damage.isReadable) throw new StateDamaged(url, damage.reason, false);
  const refuse = (reason: string, next: string): never => {
    throw new CoordinatorUnreachable({ coordinator: url, reason, next });
  };
  // A process that has it open would go on with the old file.
  const refuseWhileOpen = (): void => {
    const pid = whoHasOpen(real);
    if (pid !== undefined)
      refuse(
        `process ${pid} has it open`,
        `end it with \`kill ${pid}\`, or by its service manager, then run the command again`,
      );
  };
  refuseWhileOpen();
  const anew = join(real, 'anew');
  rmSync(anew, { recursive: true, force: true });
  makePrivateDirectory(anew, []);
  const { nodes, commit } = await copyTables(real, anew);
  await copied();
  const made = join(anew, 'data.mdb');
  own(made, statSync(data));
  // Last: a service manager starts an agent again, which may have been here and gone meanwhile.
  refuseWhileOpen();
  if (newestCommit(real) !== commit)
    refuse('a process wrote to it while it was copied', 'run the command again');
  const kept = unusedName(`${data}.damaged`);
  linkSync(data, kept);
  renameSync(made, data);
  rmSync(anew, { recursive: true });
  return { reason: damage.reason, kept, nodes };
}

/** Another process that has the store open, also one whose memory is not shown to this user. */
function whoHasOpen(directory: string): number | undefined {
  const files = ['lock.mdb', 'data.mdb'].map((name) => join(directory, name));
  const locked = holderOfLock(join(directory, 'lock.mdb'));
  if (locked !== undefined) return locked;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find(
      (pid) =>
        pid !== process.pid && mapsOf(pid).some((line) => files.some((file) => line.endsWith(` ${file}`))),
    );
}

/** lmdb has a range of its lock file locked for as long as a process has the store open. */
function holderOfLock(lockFile: string): number | undefined {
  const inode = statSync(lockFile, { throwIfNoEntry: false })?.ino;
  const held = readFileSync('/proc/locks', 'utf8').matchAll(
    new RegExp(`POSIX +ADVISORY +(?:READ|WRITE) +(\\d+) +[0-9a-f]+:[0-9a-f]+:${inode} `, 'g'),
  );
  // A process of another container has no number here.
  return [...held].map(([, pid]) => Number(pid)).find((pid) => pid > 0 && pid !== process.pid);
}

/** Root mends what is another user's, too. */
function own(file: string, { uid, gid, mode }: Stats): void {
  const found = statSync(file);
  if (found.uid !== uid || found.gid !== gid) chownSync(file, uid, gid);
  chmodSync(file, mode & 0o777);
}

function newestCommit(directory: string): bigint {
  const lock = LockFile.of(directory);
  const commits = new CommitNumber(directory, lock);
  try {
    return commits.newest();
  } finally {
    commits.close();
    lock.leave();
  }
}

function mapsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n');
  } catch {
    // It ended, or is another user's.
    return [];
  }
}

/**
 * Reads only what the trees lead to: the list of free pages is made anew.
 * @returns how many nodes there are, and which commit of the store they are of, or one before
 */
async function copyTables(
  from: string,
  to: string,
): Promise<{ readonly nodes: number; readonly commit: bigint }> {
  const ends: (() => Promise<void>)[] = [];
  const open = (directory: string): ReturnType<typeof openLmdb> => {
    const lock = LockFile.of(directory);
    const commits = new CommitNumber(directory, lock);
    const opened = openLmdb(directory, commits);
    ends.push(async () => {
      await opened.root.close();
      commits.close();
      lock.leave();
    });
    return opened;
  };
  try {
    const commit = newestCommit(from);
    const source = open(from).tables(false);
    const target = open(to);
    const made = target.tables(true);
    if (source === undefined || made === undefined) throw new Error('it has no tables');
    await target.root.transaction(() => {
      copy(source.nodes, made.nodes);
      copy(source.changes, made.changes);
      copy(source.leases, made.leases);
      copy(source.holdings, made.holdings);
      copy(source.about, made.about);
    });
    return { nodes: made.nodes.getCount(), commit };
  } finally {
    for (const end of ends) await end();
  }
}

function copy<V, K extends Key>(from: Database<V, K>, to: Database<V, K>): void {
  for (const { key, value } of from.getRange({})) void to.put(key, value);
}

function unusedName(path: string): string {
  for (let number = 1; ; number++) {
    const name = `${path}-${number}`;
    if (statSync(name, { throwIfNoEntry: false }) === undefined) return name;
  }
}
