import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

// Of lmdb's meta page (`MDB_meta` after a 24-byte page header; little-endian, 64 bits): its magic number, the page
// size, and the root pages of its two tables, ~0 for an empty one.
const magic = { at: 24, value: 0xbeefc0de };
const pageSizeAt = 48;
const rootsAt = [88, 136];
const noPage = 0xffff_ffff_ffff_ffffn;
const metaBytes = 144;

/**
 * Whether a store's data file may be opened: lmdb 3.5.6 does not refuse a file that is not its own, or one cut short,
 * but ends the process with a segmentation fault.
 */
export function isIntact(file: string): boolean {
  const handle = openSync(file, 'r');
  try {
    const first = readMeta(handle, 0);
    if (first === undefined) return fstatSync(handle).size === 0;
    const pageSize = first.readUInt32LE(pageSizeAt);
    const second = readMeta(handle, pageSize);
    if (second === undefined) return false;
    const pages = BigInt(fstatSync(handle).size) / BigInt(pageSize);
    const roots = [first, second].flatMap((meta) => rootsAt.map((at) => meta.readBigUInt64LE(at)));
    return roots.every((root) => root === noPage || root < pages);
  } finally {
    closeSync(handle);
  }
}

function readMeta(handle: number, position: number): Buffer | undefined {
  const meta = Buffer.alloc(metaBytes);
  if (readSync(handle, meta, 0, metaBytes, position) < metaBytes) return undefined;
  return meta.readUInt32LE(magic.at) === magic.value ? meta : undefined;
}
