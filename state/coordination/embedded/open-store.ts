import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, pause } from '../../platform/clock.js';
import { damageBefore } from '../../platform/lmdb-damage.js';
import { lmdbFault } from '../../platform/lmdb-file.js';
import { makePrivateDirectory } from '../../platform/make-directory.js';
import { CoordinatorUnreachable, StateDamaged } from '../errors.js';
import { CommitNumber } from './commit-number.js';
import { LockFile } from './lock-file.js';
import { openLmdb } from './open-lmdb.js';
import { keyOf } from './paths.js';
import { Store } from './store.js';
import { stateLocked, type Terms, tellBlocked } from './terms.js';
import { type Blocker, Turn } from './turn.js';

/** The tables' format; a store of a later one is refused. */
const FORMAT = 1;

/** A store that is open in this process, by its directory. */
const stores = new Map<string, Store>();

/**
 * The store in `terms.directory`, created where there is none; it and its files are made their user's alone, whatever
 * they were. Each call is followed by one `leave()`.
 * @throws CoordinatorUnreachable when what is there is no store of this program; StateLocked; errors of the file system
 *   and of lmdb
 */
export async function openStore(terms: Terms): Promise<Store> {
  const { url, directory, clock } = terms;
  makePrivateDirectory(directory, ['data.mdb', 'lock.mdb', 'doorbell']);
  const real = realpathSync(directory);
  const damage = await checkData(url, join(real, 'data.mdb'), clock);
  const standing = stores.get(real);
  const store = standing === undefined || standing.isLeft ? await openNew(real, terms) : standing;
  store.join();
  if (damage !== undefined) store.damage = damage;
  try {
    await prepare(url, store);
  } catch (error) {
    await store.leave();
    throw error;
  }
  return store;
}

async function openNew(directory: string, terms: Terms): Promise<Store> {
  const lock = LockFile.of(directory);
  const commits = new CommitNumber(directory, lock);
  const opening = new Turn(terms.clock, () => lock.opener());
  const creating = new Turn(terms.clock, () => lock.opener() ?? lock.writer());
  try {
    for (let turn = opening; ; turn = creating) {
      await awaitTurn(turn, terms);
      // From here to the end nothing is waited for, so that no two of them are made.
      const other = stores.get(directory);
      if (other !== undefined && !other.isLeft) {
        lock.leave();
        return other;
      }
      const { root, tables } = openLmdb(directory, commits);
      const made = tables(false) ?? (creating.isFree ? tables(true) : undefined);
      if (made !== undefined) {
        const store = new Store(directory, { root, tables: made }, lock, commits, terms.clock);
        stores.set(directory, store);
        return store;
      }
      await root.close();
    }
  } catch (error) {
    commits.close();
    lock.leave();
    throw error;
  }
}

/** @throws StateLocked */
async function awaitTurn(turn: Turn, terms: Terms): Promise<void> {
  const { clock, requestTimeout } = terms;
  const end = clock.monotonic() + requestTimeout;
  let last: Blocker | undefined;
  const forget = turn.onBlocked((blocker, waited) => tellBlocked(terms, blocker, waited));
  const isInTime = (): boolean => {
    last = turn.waiting?.blocker ?? last;
    return clock.monotonic() < end;
  };
  const waited = await turn.come(isInTime).finally(forget);
  if (waited === undefined) throw stateLocked(terms, last, requestTimeout);
}

/**
 * @returns what forbids writing to a file that can be read
 * @throws CoordinatorUnreachable, StateDamaged where it cannot be read
 */
async function checkData(url: string, data: string, clock: Clock): Promise<StateDamaged | undefined> {
  if (!existsSync(data) || damageBefore(data) === undefined) return undefined;
  // Another process may be writing its first pages just now.
  await pause(clock, 200);
  const fault = lmdbFault(data);
  if (fault !== undefined)
    throw new CoordinatorUnreachable({
      coordinator: url,
      reason: `${data} is damaged, or is no store of Ensemble: ${fault}`,
      next: 'end the agent, and restore a backup of its directory; or check the environment’s `state` in environments.yaml',
    });
  const damage = damageBefore(data);
  if (damage === undefined) return undefined;
  const told = new StateDamaged(url, damage.reason, damage.isReadable);
  if (!damage.isReadable) throw told;
  return told;
}

async function prepare(url: string, store: Store): Promise<void> {
  const found = store.newest().about.get('format');
  if (found !== undefined && found !== FORMAT) {
    throw new CoordinatorUnreachable({
      coordinator: url,
      reason: `it was written by another version of Ensemble (its format is ${found})`,
    });
  }
  if (found !== undefined) return;
  await store.write((tables) => {
    // Another process may have done it meanwhile.
    if (tables.about.get('format') !== undefined) return;
    void tables.nodes.put(keyOf('/'), ['', 0, 0, null]);
    void tables.about.put('format', FORMAT);
  });
}
