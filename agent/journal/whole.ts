import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { JournalUnreadable } from '../errors.js';

/** Of the two meta pages that an lmdb file begins with (lmdb 3.5, `MDB_meta` behind a page's head of 24 bytes). */
const MAGIC_AT = 24;
const MAGIC = 0xbeefc0de;
const PAGE_SIZE_AT = 48;
const LAST_PAGE_AT = 144;
const META_SIZE = 160;

/**
 * Sees that the store's file is one and has all its pages. lmdb maps it into memory unseen: a file that was cut short,
 * or is something else, would end the process by a signal, without a word.
 * @throws JournalUnreadable
 */
export function assertWhole(directory: string): void {
  let file: number;
  try {
    file = openSync(join(directory, 'data.mdb'), 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw new JournalUnreadable(directory, (error as Error).message);
  }
  try {
    const { size } = fstatSync(file);
    // As lmdb leaves it where the machine goes down before the first commit.
    if (size === 0) return;
    const first = readMeta(file, 0);
    const metas = [first, first && readMeta(file, first.pageSize)];
    if (metas.includes(undefined)) throw new JournalUnreadable(directory, 'its file is no store of lmdb');
    const needed = Math.max(...metas.map((meta) => (meta ? (meta.lastPage + 1) * meta.pageSize : 0)));
    if (size < needed) throw new JournalUnreadable(directory, `it has ${size} bytes instead of ${needed}`);
  } finally {
    closeSync(file);
  }
}

function readMeta(
  file: number,
  at: number,
): { readonly pageSize: number; readonly lastPage: number } | undefined {
  const bytes = Buffer.alloc(META_SIZE);
  if (readSync(file, bytes, 0, META_SIZE, at) < META_SIZE || bytes.readUInt32LE(MAGIC_AT) !== MAGIC)
    return undefined;
  const pageSize = bytes.readUInt32LE(PAGE_SIZE_AT);
  const isSize = pageSize >= 512 && pageSize <= 65_536;
  return isSize ? { pageSize, lastPage: Number(bytes.readBigUInt64LE(LAST_PAGE_AT)) } : undefined;
}
