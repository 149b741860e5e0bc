import { linkSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, Key } from 'lmdb';
import { lmdbDamage } from '../../platform/lmdb-damage.js';
import { makePrivateDirectory } from '../../platform/make-directory.js';
import { CoordinatorUnreachable, StateDamaged } from '../errors.js';
import { CommitNumber } from './commit-number.js';
import { LockFile } from './lock-file.js';
import { directoryOf } from './open.js';
import { openLmdb } from './open-lmdb.js';

/** What was done to a damaged store. */
export interface Mended {
  /** Such as `page 27 is in use, and free since commit 62`. */
  readonly reason: string;
  /** The damaged file, as it was. */
  readonly kept: string;
  /** How many nodes there are. */
  readonly nodes: number;
}

/**
 * Makes a damaged store anew, from all that it holds, where that can be read; the damaged file is kept beside it.
 * @returns undefined where nothing is wrong with it, and nothing was done
 * @throws StateDamaged where what it holds cannot be read; CoordinatorUnreachable while a process has it open
 */
export async function mendStore(url: string): Promise<Mended | undefined> {
  const directory = directoryOf(url);
  if (statSync(join(directory, 'data.mdb'), { throwIfNoEntry: false }) === undefined) return undefined;
  const real = realpathSync(directory);
  const data = join(real, 'data.mdb');
  const damage = lmdbDamage(data);
  if (damage === undefined) return undefined;
  if (!damage.isReadable) throw new StateDamaged(url, damage.reason, false);
  refuseWhileOpen(url, join(real, 'lock.mdb'));
  const anew = join(real, 'anew');
  rmSync(anew, { recursive: true, force: true });
  makePrivateDirectory(anew, []);
  const nodes = await copyTables(real, anew);
  const kept = unusedName(`${data}.damaged`);
  linkSync(data, kept);
  renameSync(join(anew, 'data.mdb'), data);
  rmSync(anew, { recursive: true });
  return { reason: damage.reason, kept, nodes };
}

/** Whoever has it open would go on with the file of before. */
function refuseWhileOpen(url: string, lockFile: string): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (Number(pid) === process.pid || !mapsOf(pid).includes(lockFile)) continue;
    throw new CoordinatorUnreachable({
      coordinator: url,
      reason: `process ${pid} has it open`,
      next: `end it with \`kill ${pid}\`, then run the command again`,
    });
  }
}

function mapsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/maps`, 'utf8');
  } catch {
    // It ended, or is another user's, who has no access to the store.
    return '';
  }
}

/** Reads only what the trees lead to: the list of free pages is made anew. @returns how many nodes there are */
async function copyTables(from: string, to: string): Promise<number> {
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
    return made.nodes.getCount();
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
