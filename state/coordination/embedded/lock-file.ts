import { closeSync, openSync, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ProcessName } from '../errors.js';

// Offsets in lock.mdb (lmdb 3.5.6, `MDB_txninfo`), all little-endian. Its mutexes are glibc's: the first word names
// the thread that holds one, and the word 16 bytes further tells the mutex's kind.
const MAGIC = 0xbeefc0de;
/** The number of the newest commit. */
const COMMIT = 8;
const READERS_MUTEX = 24;
const WRITERS_MUTEX = 64;
const KIND_AT = 16;
/** Robust, and shared between processes. */
const KIND = 0x90;
/** Until a mutex is made; one that its last user put away has another kind. */
const NO_KIND = 0;
const THREAD = 0x3fff_ffff;
const HEAD_SIZE = 104;

/** The files that this process has open, by the store's directory. */
const opened = new Map<string, LockFile>();

/**
 * Who holds the locks of a store, as lmdb's own lock file tells. lmdb waits for a lock without limit, and the thread
 * that waits can be neither interrupted nor left: so nobody begins to wait for one that is held. Another libc, or an
 * lmdb with another file, tells nobody, and then it is waited for as before.
 *
 * The file stays open while the store is: in a process that closes any descriptor of a file, the kernel lets go of
 * all locks on it, and lmdb takes a store without them for one that nobody else uses.
 */
export class LockFile {
  readonly #path: string;
  readonly #head = Buffer.alloc(HEAD_SIZE);
  #file: number | undefined;
  #users = 0;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Each call is followed by one `leave()`, after lmdb closed the store. */
  static of(directory: string): LockFile {
    const lock = opened.get(directory) ?? new LockFile(join(directory, 'lock.mdb'));
    opened.set(directory, lock);
    lock.#users++;
    return lock;
  }

  leave(): void {
    this.#users--;
    if (this.#users > 0) return;
    for (const [directory, lock] of opened) if (lock === this) opened.delete(directory);
    if (this.#file !== undefined) closeSync(this.#file);
  }

  /** Who keeps this process from writing; undefined where nobody does, 'unseen' where it is not visible from here. */
  writer(): ProcessName | 'unseen' | undefined {
    return this.#holderOf(WRITERS_MUTEX);
  }

  /** Who keeps this process from opening the store: for moments only, unless it was stopped in one. */
  opener(): ProcessName | 'unseen' | undefined {
    return this.#holderOf(READERS_MUTEX) ?? this.#initializer();
  }

  /** The number of the commit that whoever begins a transaction goes by; undefined where there is no such file. */
  commit(): bigint | undefined {
    return this.#readHead() ? this.#head.readBigUInt64LE(COMMIT) : undefined;
  }

  /** Only while this process holds the write lock. */
  setCommit(number: bigint): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(number);
    this.#file ??= openSync(this.#path, 'r+');
    writeSync(this.#file, bytes, 0, 8, COMMIT);
  }

  #holderOf(mutex: number): ProcessName | 'unseen' | undefined {
    if (!this.#read()) return undefined;
    const thread = this.#head.readUInt32LE(mutex) & THREAD;
    return thread === 0 ? undefined : this.#processOf(thread);
  }

  /** @returns false where the file is not of this format, or its mutexes are of another libc */
  #read(): boolean {
    return this.#readHead() && this.#kinds().every((kind) => kind === KIND);
  }

  #readHead(): boolean {
    try {
      this.#file ??= openSync(this.#path, 'r+');
      const size = readSync(this.#file, this.#head, 0, HEAD_SIZE, 0);
      return size === HEAD_SIZE && this.#head.readUInt32LE(0) === MAGIC;
    } catch {
      // A new store has none yet.
      return false;
    }
  }

  #kinds(): readonly number[] {
    return [READERS_MUTEX, WRITERS_MUTEX].map((at) => this.#head.readUInt32LE(at + KIND_AT));
  }

  #processOf(thread: number): ProcessName | 'unseen' | undefined {
    const process_ = /^Tgid:\s*(\d+)$/m.exec(textOf(`/proc/${thread}/status`))?.[1];
    const pid = Number(process_);
    if (pid === process.pid) return undefined;
    // In another container it may have a number that is somebody else's here. What cannot be read is believed.
    const maps = process_ === undefined ? '' : textOf(`/proc/${pid}/maps`);
    const isAnother = maps !== '' && !maps.includes('/lock.mdb');
    if (process_ !== undefined && !isAnother) return processName(pid, thread);
    // A process that died with the lock leaves it to the next one. From another namespace it looks like one that is
    // not seen.
    return inInitialNamespace() ? undefined : 'unseen';
  }

  /**
   * Whoever prepares the file clears its mutexes and the number of the commit first, and sets the number last. The kernel
   * takes 5 to 20 ms to list the locks of a machine, as it has all who lock anything wait for it: it is not asked otherwise.
   */
  #mayBePrepared(): boolean {
    return !this.#readHead() || this.#kinds().includes(NO_KIND) || this.#head.readBigUInt64LE(COMMIT) === 0n;
  }

  /** Who prepares the file; whoever opens the store waits for it meanwhile. */
  #initializer(): ProcessName | 'unseen' | undefined {
    if (!this.#mayBePrepared()) return undefined;
    const inode = statSync(this.#path, { throwIfNoEntry: false })?.ino;
    if (inode === undefined) return undefined;
    const lock = new RegExp(`POSIX +ADVISORY +WRITE +(\\d+) +[0-9a-f]+:[0-9a-f]+:${inode} 0 0$`, 'm');
    const pid = Number(lock.exec(textOf('/proc/locks'))?.[1] ?? 0);
    return pid === 0 || pid === process.pid ? undefined : processName(pid, pid);
  }
}

function processName(pid: number, thread: number): ProcessName {
  const stat = textOf(`/proc/${thread}/stat`);
  const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  return { pid, command: commandOf(pid), stopped: state === 'T' || state === 't' };
}

/** The words after a subcommand may be a secret, such as a value of `ensemble set`. */
function commandOf(pid: number): string {
  const words = textOf(`/proc/${pid}/cmdline`).split('\0').filter(Boolean);
  const [program = 'unknown', script] = words.map((word) => basename(word).replace(/\.[cm]?js$/, ''));
  if (program !== 'node' || script === undefined) return program;
  const subcommand = script === 'ensemble' ? words[2] : undefined;
  return subcommand !== undefined && /^[a-z][a-z-]*$/.test(subcommand) ? `${script} ${subcommand}` : script;
}

/** True if this process sees all processes of the machine: then one that it does not see is gone. */
function inInitialNamespace(): boolean {
  return textOf('/proc/2/comm') === 'kthreadd\n';
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
