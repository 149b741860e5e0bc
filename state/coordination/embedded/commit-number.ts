import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { LockFile } from './lock-file.js';

// Offsets in a meta page of data.mdb (lmdb 3.5.6, `MDB_meta` behind a page's head), little-endian.
const PAGE_SIZE_AT = 48;
const COMMIT_AT = 152;

/**
 * Guards a store against a fault of lmdb. Whoever opens a store (`mdb_env_open2`) writes the number of the commit that it
 * takes for the newest into the lock file, where all processes go by it, and does so without the write lock. Where another
 * process commits between that look and that write, the number falls back: who reads then sees the store of before, and
 * who writes goes on from there. The commits since are lost, and their pages are used twice.
 *
 * The meta pages of the data file tell the truth, as only commits write them: no change is made in a write transaction
 * that begins elsewhere. The write lock is held there, so the number can be set right for the next one.
 */
export class CommitNumber {
  readonly #data: string;
  readonly #lock: LockFile;
  readonly #bytes = Buffer.alloc(8);
  #file: number | undefined;
  #pageSize = 0;

  constructor(directory: string, lock: LockFile) {
    this.#data = join(directory, 'data.mdb');
    this.#lock = lock;
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /**
   * True if write transaction `transaction` follows the newest commit. If it does not, this sets the number right,
   * and the transaction must write nothing. Call it only inside that transaction.
   */
  isNext(transaction: number): boolean {
    const newest = this.newest();
    if (BigInt(transaction) === newest + 1n) return true;
    this.#lock.setCommit(newest);
    return false;
  }

  /**
   * True if readers see an older commit than the newest. It is also true for a moment while another process commits.
   */
  isBehind(): boolean {
    // In this order: a commit writes its meta page first.
    const newest = this.newest();
    const told = this.#lock.commit();
    return told !== undefined && told < newest;
  }

  /** The number of the newest commit, as the data file has it. */
  newest(): bigint {
    this.#file ??= openSync(this.#data, 'r');
    if (this.#pageSize === 0) this.#pageSize = Number(this.#read(PAGE_SIZE_AT) & 0xffff_ffffn);
    const [first, second] = [this.#read(COMMIT_AT), this.#read(this.#pageSize + COMMIT_AT)];
    if (first > second) return first;
    return second;
  }

  #read(at: number): bigint {
    readSync(this.#file ?? 0, this.#bytes, 0, 8, at);
    return this.#bytes.readBigUInt64LE(0);
  }
}
