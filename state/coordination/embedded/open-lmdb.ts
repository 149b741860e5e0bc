import { type Database, openAsClass, type RootDatabase } from 'lmdb';
import type { CommitNumber } from './commit-number.js';
import type { NodeKey } from './paths.js';
import type { Tables } from './tables.js';

const fileOptions = {
  // A dot in the directory's name would make lmdb take it for a file.
  noSubdir: false,
  // Addresses only: the file grows as it is filled. Fixed, so that no process has to map the file again.
  mapSize: 2 ** 36,
  // Others see only what is durable, and `transaction` resolves when it is.
  overlappingSync: false,
  // Its batches make promises that nobody holds, and their rejection would end the process.
  eventTurnBatching: false,
  // The mode holds whatever this process's umask is.
  permissionsMode: 0o600,
};

/** The classes that lmdb makes, with what it does not declare of them. */
type DatabaseConstructor = new (
  name: string | null,
  options: { readonly isRoot?: boolean; readonly create?: boolean },
) => RootDatabase & { readonly db?: unknown; ensureReadTxn(): void; getWriteTxnId(): number };

export interface LmdbFile {
  readonly root: RootDatabase & { getWriteTxnId(): number };
  /** @param create waits for the write lock; without it, undefined is returned where there are none yet */
  tables(create: boolean): Tables | undefined;
}

/**
 * Opens the store's file without its write lock: lmdb's own `open` takes that for each database, even of a file that is
 * there, and whoever only reads would wait for whoever writes, without limit.
 */
export function openLmdb(directory: string, commits: CommitNumber): LmdbFile {
  let create = false;
  const Base = openAsClass({ path: directory, ...fileOptions }) as unknown as DatabaseConstructor;
  class Opened extends Base {
    /** Calls that come before `db` stands open the database. */
    override transactionSync<T>(action: () => T, flags?: number): T {
      if (this.db !== undefined) return super.transactionSync(action, flags);
      for (let outcome: { readonly result: T } | undefined; create; ) {
        super.transactionSync(() => {
          if (commits.isNext(this.getWriteTxnId())) outcome = { result: action() };
        }, flags);
        if (outcome !== undefined) return outcome.result;
      }
      this.resetReadTxn();
      this.ensureReadTxn();
      return action();
    }
  }
  const root = new Opened(null, { isRoot: true, create: false });
  const database = <V, K extends NodeKey | number | string>(name: string): Database<V, K> =>
    new Opened(name, { create }) as unknown as Database<V, K>;
  return {
    root,
    tables(creating) {
      create = creating;
      try {
        return {
          nodes: database('nodes'),
          changes: database('changes'),
          leases: database('leases'),
          holdings: database('holdings'),
          about: database('about'),
        };
      } catch (error) {
        if (!creating && error instanceof Error && error.message === 'Database not found') return undefined;
        throw error;
      } finally {
        create = false;
      }
    },
  };
}
