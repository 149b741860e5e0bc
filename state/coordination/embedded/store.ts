import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import { type Clock, pause } from '../../clock.js';
import { lmdbFault } from '../../lmdb-file.js';
import { makeDirectory } from '../../make-directory.js';
import { CoordinatorUnreachable } from '../errors.js';
import { Doorbell } from './doorbell.js';
import { Observers } from './observers.js';
import { keyOf } from './paths.js';
import { openTables, type Tables } from './tables.js';

/** Addresses only: the file grows as it is filled. Fixed, so that no process has to map the file again. */
const mapSize = 2 ** 36;

/** Of the tables; a store of a later one is refused. */
const format = 1;

/** A store that is open in this process, by its directory. */
const stores = new Map<string, Store>();

/**
 * One store, opened once per process however many clients use it: two lmdb environments on one file in one process
 * could wait for each other for ever, one for the write lock, the other for the event loop.
 */
export class Store {
  readonly tables: Tables;
  readonly observers: Observers;
  readonly #root: RootDatabase;
  readonly #doorbell: Doorbell;
  #clients = 0;
  #announcing: NodeJS.Immediate | undefined;

  /** Use `openStore`. */
  constructor(directory: string) {
    this.#root = open({
      path: directory,
      // A dot in the directory's name would make lmdb take it for a file.
      noSubdir: false,
      mapSize,
      // What others see is durable then, and `transaction` resolves when it is.
      overlappingSync: false,
      // Its batches make promises that nobody holds, and their rejection would end the process.
      eventTurnBatching: false,
    });
    this.tables = openTables(this.#root);
    this.observers = new Observers(() => this.newest());
    this.#doorbell = new Doorbell(join(directory, 'doorbell'), () => this.observers.look());
  }

  /** The tables as of the newest commit: lmdb keeps one snapshot for all reads of an event turn otherwise. */
  newest(): Tables {
    this.#root.resetReadTxn();
    return this.tables;
  }

  /**
   * Runs `change` in a write transaction and resolves with what it gave when that is durable. Calls that come together
   * share one commit. `change` runs later; what it throws rejects the promise, but undoes no write it made before.
   */
  write<T>(change: (tables: Tables) => T): Promise<T> {
    return this.#root.transaction(() => change(this.tables));
  }

  /** Tells observers here and in other processes that there are changes; several calls in one turn tell it once. */
  announce(): void {
    this.#announcing ??= setImmediate(() => this.#tell());
  }

  #tell(): void {
    clearImmediate(this.#announcing);
    this.#announcing = undefined;
    this.#doorbell.ring();
    this.observers.look();
  }

  /** Tells observers from now on what other processes change, too. */
  listen(): void {
    this.#doorbell.listen();
  }

  /** Forgets lmdb's readers whose processes died: their snapshots would keep old pages from being used again. */
  forgetDeadReaders(): void {
    this.#root.readerCheck();
  }

  join(): void {
    this.#clients++;
  }

  /** Closes the store when its last client left. */
  async leave(): Promise<void> {
    this.#clients--;
    if (this.#announcing !== undefined) this.#tell();
    if (this.#clients > 0) return;
    this.#doorbell.close();
    await this.#root.close();
  }

  get isLeft(): boolean {
    return this.#clients === 0;
  }
}

/**
 * The store in `directory`, created with mode 0700 where there is none. Each call is followed by one `leave()`.
 * @throws CoordinatorUnreachable when what is there is no store of this program; errors of the file system and of lmdb
 */
export async function openStore(url: string, directory: string, clock: Clock): Promise<Store> {
  makeDirectory(directory);
  const real = realpathSync(directory);
  await checkData(url, join(real, 'data.mdb'), clock);
  let store = stores.get(real);
  if (store === undefined || store.isLeft) {
    store = new Store(real);
    stores.set(real, store);
  }
  store.join();
  try {
    await prepare(url, store);
  } catch (error) {
    await store.leave();
    throw error;
  }
  return store;
}

async function checkData(url: string, data: string, clock: Clock): Promise<void> {
  if (!existsSync(data) || lmdbFault(data) === undefined) return;
  // Another process may be writing its first pages just now.
  await pause(clock, 200);
  const fault = lmdbFault(data);
  if (fault === undefined) return;
  throw new CoordinatorUnreachable(url, `${data} is damaged, or is no store of Ensemble: ${fault}`);
}

async function prepare(url: string, store: Store): Promise<void> {
  const found = store.newest().about.get('format');
  if (found !== undefined && found !== format) {
    throw new CoordinatorUnreachable(
      url,
      `it was written by another version of Ensemble (its format is ${found})`,
    );
  }
  if (found !== undefined) return;
  await store.write((tables) => {
    // Another process may have done it meanwhile.
    if (tables.about.get('format') !== undefined) return;
    void tables.nodes.put(keyOf('/'), ['', 0, 0, null]);
    void tables.about.put('format', format);
  });
}
