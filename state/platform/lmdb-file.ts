import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

// All numbers are little-endian. Of a meta page (lmdb 3.5.6, `MDB_meta` behind a page's head):
const MAGIC_AT = 24;
const MAGIC = 0xbeefc0de;
/** In bytes, 32 bits. */
export const PAGE_SIZE_AT = 48;
/** The root pages of its two trees. */
export const ROOTS_AT = [88, 136] as const;
const LAST_PAGE_AT = 144;
const META_SIZE = 160;

// Offsets in other pages (`MDB_page_header`, `MDB_node`):
/** 64 bits: the page's own number. */
export const NUMBER_AT = 0;
/** 16 bits: `BRANCH`, `LEAF`, `OVERFLOW`. */
export const FLAGS_AT = 18;
/** 16 bits: twice the number of nodes, whose places follow the head. */
export const LOWER_AT = 20;
/** The size of each page's head, in bytes. */
export const HEAD_SIZE = 24;
/** Leads to pages. */
export const BRANCH = 1;
/** Holds records. */
export const LEAF = 2;
/** The first of several, which hold one record's data. */
export const OVERFLOW = 4;
/** A node's flag: its data is on pages of its own. */
export const BIG_DATA = 1;
/** A node's flag: its data is a tree. */
export const SUB_TREE = 2;
/** The root page in the record of a tree within a tree (`MDB_db`). */
export const SUB_ROOT_AT = 40;
/** The root of an empty tree. */
export const NO_PAGE = 0xffff_ffff_ffff_ffffn;

/**
 * Finds the fault in the file of an lmdb store. lmdb maps it into memory unseen: a file that was cut short, or is
 * something else, would end the process by a signal, without a word.
 * @returns the fault; undefined if the file may be opened, as an empty one may
 * @throws errors of the file system
 */
export function lmdbFault(path: string): string | undefined {
  const file = openSync(path, 'r');
  try {
    // As lmdb leaves it where the machine goes down before the first commit.
    if (fstatSync(file).size === 0) return undefined;
    const first = readMeta(file, 0);
    const second = first && readMeta(file, first.pageSize);
    if (first === undefined || second === undefined) return 'its file is no store of lmdb';
    // After them, as another process may be writing: what they lead to is in the file before they are.
    const { size } = fstatSync(file);
    const whole = (Math.max(first.lastPage, second.lastPage) + 1) * first.pageSize;
    // Pages at its end that are free need not have been written.
    if (size >= whole || hasTrees(file, size, first.pageSize, [...first.roots, ...second.roots]))
      return undefined;
    return `its file was cut short: it has ${size} bytes, and had up to ${whole}`;
  } finally {
    closeSync(file);
  }
}

interface Meta {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly roots: readonly bigint[];
}

function readMeta(file: number, at: number): Meta | undefined {
  const bytes = Buffer.alloc(META_SIZE);
  if (readSync(file, bytes, 0, META_SIZE, at) < META_SIZE || bytes.readUInt32LE(MAGIC_AT) !== MAGIC)
    return undefined;
  const pageSize = bytes.readUInt32LE(PAGE_SIZE_AT);
  if (pageSize < 512 || pageSize > 65_536) return undefined;
  const lastPage = Number(bytes.readBigUInt64LE(LAST_PAGE_AT));
  return { pageSize, lastPage, roots: ROOTS_AT.map((root) => bytes.readBigUInt64LE(root)) };
}

/** True if the file has every page that one of the trees leads to. */
function hasTrees(file: number, size: number, pageSize: number, roots: readonly bigint[]): boolean {
  const has = (page: bigint, count = 1n): boolean => (page + count) * BigInt(pageSize) <= BigInt(size);

  const hasTree = (root: bigint): boolean => {
    if (root === NO_PAGE) return true;
    if (!has(root)) return false;
    const page = Buffer.alloc(pageSize);
    readSync(file, page, 0, pageSize, Number(root) * pageSize);
    const flags = page.readUInt16LE(FLAGS_AT);
    const count = page.readUInt16LE(LOWER_AT) >> 1;
    const nodes = Array.from(
      { length: count },
      (_, index) => HEAD_SIZE + page.readUInt16LE(HEAD_SIZE + 2 * index),
    );
    if (flags & BRANCH) return nodes.every((at) => hasTree(BigInt(page.readUIntLE(at, 6))));
    return (flags & LEAF) !== 0 && nodes.every((at) => hasRecord(page, at));
  };

  const hasRecord = (page: Buffer, at: number): boolean => {
    const flags = page.readUInt16LE(at + 4);
    const data = at + 8 + page.readUInt16LE(at + 6);
    if (flags & BIG_DATA) return has(page.readBigUInt64LE(data), page.readBigUInt64LE(data + 16));
    return (flags & SUB_TREE) === 0 || hasTree(page.readBigUInt64LE(data + SUB_ROOT_AT));
  };

  try {
    return roots.every(hasTree);
  } catch (error) {
    // A page of something else leads out of itself, or round and round.
    if (error instanceof RangeError) return false;
    throw error;
  }
}
