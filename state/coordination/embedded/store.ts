import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock.js';
import { uninterrupted } from '../../platform/end-process.js';
import type { StateDamaged } from '../errors.js';
import type { CommitNumber } from './commit-number.js';
import { Doorbell } from './doorbell.js';
import { firstEnd, instant, overdue } from './leases.js';
import type { LockFile } from './lock-file.js';
import { Observers } from './observers.js';
import type { LmdbFile } from './open-lmdb.js';
import type { Tables } from './tables.js';
import { Turn } from './turn.js';
import { type View, viewOf } from './view.js';
import { WriteQueue } from './write-queue.js';

/** How often a write begins anew, because processes that opened the store set the number of the newest commit back. */
const MOST_TRIES = 1_000;

/** A session of this process, as its store needs to know it. */
interface OwnSession {
  /** Undefined while it has no lease. */
  id(): string | undefined;
  /**
   * True if another process ended it, as after a long stop of this one. A new session is then replacing it, and until
   * that stands this process is told nothing: it would see its own ephemerals vanish.
   */
  isEnded(tables: Tables): boolean;
}

/**
 * One store, opened once per process however many clients use it: two lmdb environments on one file in one process
 * could wait for each other for ever, one for the write lock, the other for the event loop.
 */
export class Store {
  readonly tables: Tables;
  readonly observers: Observers;
  /** The right to write, which other processes may have. */
  readonly turn: Turn;
  /** Once it was found to be damaged, this process writes nothing to it any more. */
  damage: StateDamaged | undefined;
  readonly #root: LmdbFile['root'];
  readonly #doorbell: Doorbell;
  readonly #writes: WriteQueue;
  readonly #lock: LockFile;
  readonly #commits: CommitNumber;
  readonly #clock: Clock;
  readonly #own = new Set<OwnSession>();
  readonly #data: string;
  readonly #inode: bigint | undefined;
  #clients = 0;
  #isWriting = false;
  #settingRight: Promise<void> | undefined;
  #announcing: NodeJS.Immediate | undefined;
  /** The commit at which a look found nothing to do, and until when no lease runs out; in monotonic milliseconds. */
  #quiet: { readonly commit: bigint; readonly until: number } | undefined;

  /** Use `openStore`. */
  constructor(
    directory: string,
    { root, tables }: Opened,
    lock: LockFile,
    commits: CommitNumber,
    clock: Clock,
  ) {
    this.#data = join(directory, 'data.mdb');
    this.#inode = inodeOf(this.#data);
    this.#root = root;
    this.tables = tables;
    this.#lock = lock;
    this.#commits = commits;
    this.#clock = clock;
    this.turn = new Turn(clock, () => lock.writer());
    this.#writes = new WriteQueue(this.turn, (action) => this.#transact(action));
    this.observers = new Observers(
      () => this.view(),
      () => this.areOwnSound(),
    );
    this.#doorbell = new Doorbell(join(directory, 'doorbell'), () => this.look());
  }

  /** The tables as of the newest commit: lmdb keeps one snapshot for all reads of an event turn otherwise. */
  newest(): Tables {
    this.#root.resetReadTxn();
    return this.tables;
  }

  /**
   * The tables as readers see them at the newest commit. A session of this process is alive whatever its lease says.
   */
  view(): View {
    const tables = this.newest();
    return viewOf(tables, this.overdue(tables));
  }

  /** True if somebody removed its file or put another one in its place: nobody else sees what is written here then. */
  isReplaced(): boolean {
    return inodeOf(this.#data) !== this.#inode;
  }

  /** The sessions of other processes whose time has run out. */
  overdue(tables: Tables): string[] {
    const sessions = overdue(tables, instant(this.#clock));
    if (sessions.length === 0) return sessions;
    const own = this.#ownIds();
    return sessions.filter((session) => !own.has(session));
  }

  #ownIds(): ReadonlySet<string | undefined> {
    return new Set([...this.#own].map((session) => session.id()));
  }

  /**
   * Runs `change` in a write transaction and resolves with what it gave when that is durable. Calls that come together
   * share one commit. `change` runs later; what it throws rejects the promise, but undoes no write it made before.
   * @param isWanted asked while it waits; one that is wanted no more is forgotten, its promise left as it is
   */
  write<T>(change: (tables: Tables) => T, isWanted?: () => boolean): Promise<T> {
    return this.#writes.add(() => change(this.tables), isWanted);
  }

  /** Runs `action` in a transaction that follows the newest commit. */
  async #transact(action: () => void): Promise<void> {
    for (let isNext = false, tries = 0; !isNext; tries++) {
      if (tries === MOST_TRIES) throw new Error('the number of its newest commit is set back all the time');
      this.#isWriting = true;
      try {
        await uninterrupted(() =>
          this.#root.transaction(() => {
            isNext = this.#commits.isNext(this.#root.getWriteTxnId());
            if (isNext) action();
          }),
        );
      } finally {
        this.#isWriting = false;
      }
    }
  }

  /** True if reads would see an older commit than the newest, until the next write transaction sets that right. */
  get isBehind(): boolean {
    if (this.#isWriting || !this.#commits.isBehind()) return false;
    // While another process commits it is so for a moment, and ends by itself.
    return this.#lock.writer() === undefined && this.#commits.isBehind();
  }

  #setRight(): void {
    this.#settingRight ??= this.write(() => undefined)
      .then(() => {
        this.#settingRight = undefined;
        this.look();
      })
      .catch(() => {
        this.#settingRight = undefined;
      });
  }

  /** Tells observers here and in other processes that there are changes; several calls in one turn tell it once. */
  announce(): void {
    this.#announcing ??= setImmediate(() => this.#tell());
  }

  #tell(): void {
    clearImmediate(this.#announcing);
    this.#announcing = undefined;
    this.#doorbell.ring();
    this.look();
  }

  /**
   * Shows the observers what changed, once this process's own sessions stand.
   * @returns false where they were shown nothing, as reads see an older commit or a session is being replaced
   */
  look(): boolean {
    if (this.isBehind) {
      this.#setRight();
      return false;
    }
    if (!this.areOwnSound()) return false;
    this.observers.look();
    return true;
  }

  /**
   * A look that nobody asked for, of which nearly all have nothing to find: then it costs a glance at the numbers of the
   * commits, and no read.
   * @returns the sessions of other processes whose time has run out
   */
  lookFromTimeToTime(): readonly string[] {
    const commit = this.#commits.newest();
    const told = this.#lock.commit();
    const isQuiet = commit === this.#quiet?.commit && this.#clock.monotonic() < this.#quiet.until;
    const isCurrent = told === undefined || told >= commit;
    if (isQuiet && isCurrent) return [];
    const hasLooked = this.look();
    const over = this.overdue(this.tables);
    // That nothing is behind any more does not mean that it was not when it looked.
    const isSeen = hasLooked && isCurrent && over.length === 0 && !this.isBehind;
    this.#quiet = isSeen ? { commit, until: firstEnd(this.tables, this.#ownIds()) } : undefined;
    return over;
  }

  /** The same for all that is otherwise than they were told, whatever the log of changes says. */
  lookAtAll(): void {
    if (!this.isBehind && this.areOwnSound()) this.observers.lookAtAll();
  }

  /** True if no other process ended a session of this one; a session that was ended is being replaced then. */
  areOwnSound(): boolean {
    const tables = this.newest();
    return [...this.#own].filter((session) => session.isEnded(tables)).length === 0;
  }

  /** A session of this process; returns what forgets it. */
  own(session: OwnSession): () => void {
    this.#own.add(session);
    return () => {
      this.#own.delete(session);
      // Its lease may end without a commit from now on.
      this.#quiet = undefined;
    };
  }

  /** Tells observers from now on what other processes change, too. */
  listen(): void {
    this.#doorbell.listen();
  }

  /** True if it hears what other processes ring. */
  get isListening(): boolean {
    return this.#doorbell.isListening;
  }

  /** Forgets lmdb's readers whose processes died: their snapshots would keep old pages from being used again. */
  forgetDeadReaders(): void {
    if (this.#lock.opener() === undefined) this.#root.readerCheck();
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
    this.#writes.end();
    await this.#root.close();
    this.#commits.close();
    this.#lock.leave();
  }

  /** True if a thread of this process waits for the lock; nothing can call it back from there. */
  get isInLmdb(): boolean {
    return this.#writes.isInLmdb;
  }

  get isLeft(): boolean {
    return this.#clients === 0;
  }
}

interface Opened {
  readonly root: LmdbFile['root'];
  readonly tables: Tables;
}

function inodeOf(file: string): bigint | undefined {
  return statSync(file, { bigint: true, throwIfNoEntry: false })?.ino;
}
