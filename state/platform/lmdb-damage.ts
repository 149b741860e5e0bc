import { readFileSync, statSync } from 'node:fs';
import {
  BIG_DATA,
  BRANCH,
  FLAGS_AT,
  HEAD_SIZE,
  LEAF,
  LOWER_AT,
  lmdbFault,
  NO_PAGE,
  NUMBER_AT,
  OVERFLOW,
  PAGE_SIZE_AT,
  ROOTS_AT,
  SUB_ROOT_AT,
  SUB_TREE,
} from './lmdb-file.js';

/** The number of a meta page's commit. */
const COMMIT_AT = 152;

export interface LmdbDamage {
  /** Such as `page 27 is free twice, by commit 1 and by commit 62`. */
  readonly reason: string;
  /** True if the content can be read all the same: only the list of free pages is wrong. */
  readonly isReadable: boolean;
}

/** How often the file is read again when another process commits meanwhile. */
const TRIES = 5;

/**
 * Finds out if pages of an lmdb store are used twice, as of its newest commit: a writer would then write over what is
 * stored. Reads the whole file, so this is for a store that failed.
 * @returns undefined if nothing is wrong, or if other processes commit all the time
 * @throws errors of the file system
 */
export function lmdbDamage(path: string): LmdbDamage | undefined {
  const fault = lmdbFault(path);
  if (fault !== undefined) return { reason: fault, isReadable: false };
  let damage: LmdbDamage | undefined;
  let before: Buffer | undefined;
  for (let tries = 0; tries < TRIES; tries++) {
    const file = readFileSync(path);
    // Nothing was ever committed to it.
    if (file.length === 0) return undefined;
    // A fault in two commits, or in one that still stands, is no page that was just written over.
    if (before !== undefined && newestMeta(before).commit === newestMeta(file).commit) return damage;
    damage = damageOf(file);
    if (damage === undefined) return undefined;
    before = file;
  }
  return undefined;
}

/** Bytes up to which a file is looked through before it is opened, which takes a few milliseconds. */
const LOOKED_THROUGH = 2 ** 22;

/**
 * Finds what is wrong with a file before lmdb opens it: where lmdb follows a page that is something else, it ends the
 * process by a signal, and what it refuses it prints to stderr by itself. Only a file that is not too large for that is
 * looked through.
 * @returns undefined if nothing is known against it
 * @throws errors of the file system
 */
export function damageBefore(path: string): LmdbDamage | undefined {
  const fault = lmdbFault(path);
  if (fault !== undefined) return { reason: fault, isReadable: false };
  return statSync(path).size > LOOKED_THROUGH ? undefined : lmdbDamage(path);
}

interface NewestMeta {
  readonly commit: bigint;
  readonly pageSize: number;
  readonly freeRoot: bigint;
  readonly mainRoot: bigint;
}

function newestMeta(file: Buffer): NewestMeta {
  const pageSize = file.readUInt32LE(PAGE_SIZE_AT);
  const isSecond = file.readBigUInt64LE(pageSize + COMMIT_AT) > file.readBigUInt64LE(COMMIT_AT);
  const at = isSecond ? pageSize : 0;
  const [freeAt, mainAt] = ROOTS_AT;
  return {
    commit: file.readBigUInt64LE(at + COMMIT_AT),
    pageSize,
    freeRoot: file.readBigUInt64LE(at + freeAt),
    mainRoot: file.readBigUInt64LE(at + mainAt),
  };
}

/** Thrown where a page is found a second time, as a tree may lead round and round, or is something else. */
class Misplaced extends Error {}

function damageOf(file: Buffer): LmdbDamage | undefined {
  const { pageSize, freeRoot, mainRoot } = newestMeta(file);
  const owners = new Map<bigint, string>();

  const take = (first: bigint, count: bigint, owner: string): void => {
    for (let page = first; page < first + count; page++) {
      const other = owners.get(page);
      if (other !== undefined) throw new Misplaced(`page ${page} is ${other}, and ${owner}`);
      owners.set(page, owner);
    }
  };

  /** @param record told of each record's key and data, and whether that is a tree of its own */
  const walk = (root: bigint, record: (key: Buffer, data: Buffer) => void): void => {
    if (root === NO_PAGE) return;
    take(root, 1n, 'in use');
    const page = pageAt(root, BRANCH | LEAF);
    const count = page.readUInt16LE(LOWER_AT) >> 1;
    for (let index = 0; index < count; index++) {
      const at = HEAD_SIZE + page.readUInt16LE(HEAD_SIZE + 2 * index);
      if (page.readUInt16LE(FLAGS_AT) & BRANCH) {
        walk(BigInt(page.readUIntLE(at, 6)), record);
        continue;
      }
      const flags = page.readUInt16LE(at + 4);
      const dataAt = at + 8 + page.readUInt16LE(at + 6);
      if (flags & SUB_TREE) walk(page.readBigUInt64LE(dataAt + SUB_ROOT_AT), () => undefined);
      const key = page.subarray(at + 8, dataAt);
      if (flags & BIG_DATA) {
        const first = page.readBigUInt64LE(dataAt);
        take(first, page.readBigUInt64LE(dataAt + 16), 'in use');
        pageAt(first, OVERFLOW);
        record(key, file.subarray(Number(first) * pageSize + HEAD_SIZE));
      } else record(key, page.subarray(dataAt));
    }
  };

  const pageAt = (number: bigint, kinds: number): Buffer => {
    const page = file.subarray(Number(number) * pageSize, (Number(number) + 1) * pageSize);
    if (page.readBigUInt64LE(NUMBER_AT) !== number || (page.readUInt16LE(FLAGS_AT) & kinds) === 0)
      throw new Misplaced(`page ${number} is in use, and holds something else`);
    return page;
  };

  const lists: { readonly commit: bigint; readonly list: Buffer }[] = [];
  try {
    walk(mainRoot, () => undefined);
    walk(freeRoot, (key, list) => lists.push({ commit: key.readBigUInt64LE(0), list }));
  } catch (error) {
    if (error instanceof Misplaced) return { reason: error.message, isReadable: false };
    if (error instanceof RangeError)
      return { reason: 'a page leads out of itself or of the file', isReadable: false };
    throw error;
  }
  try {
    for (const { commit, list } of lists) {
      for (const [first, count] of runsOf(list)) take(first, count, `free since commit ${commit}`);
    }
  } catch (error) {
    if (error instanceof Misplaced) return { reason: error.message, isReadable: true };
    if (error instanceof RangeError)
      return { reason: 'its list of free pages cannot be read', isReadable: true };
    throw error;
  }
  return undefined;
}

/**
 * The runs in a record of free pages: it lists how many words there are, then pages, each run of several with its
 * length, negative, first.
 */
function* runsOf(list: Buffer): Generator<readonly [first: bigint, count: bigint]> {
  const words = Number(list.readBigUInt64LE(0));
  for (let word = 1; word <= words; word++) {
    const entry = list.readBigInt64LE(8 * word);
    if (entry > 0n) yield [entry, 1n];
    if (entry >= 0n) continue;
    word++;
    if (word <= words) yield [list.readBigInt64LE(8 * word), -entry];
  }
}
