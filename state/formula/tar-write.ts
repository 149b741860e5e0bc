import { basename } from 'node:path';
import { Header } from 'tar/header';
import { Pax } from 'tar/pax';
import type { ManifestEntry } from './manifest.js';

/** The same in every bundle, as every other date would make the same tree give other bytes. 1970 alarms GNU tar. */
const mtime = new Date('2000-01-01T00:00:00Z');

/** The blocks that begin an entry; of a file, its bytes and `padding` follow. */
export function tarHeader(entry: ManifestEntry): Buffer {
  const path = entry.kind === 'directory' ? `${entry.path}/` : entry.path;
  const linkpath = entry.kind === 'link' ? entry.target : '';
  const size = entry.kind === 'file' ? entry.size : 0;
  const fields = {
    linkpath,
    size,
    mtime,
    mode: entry.kind === 'file' && !entry.executable ? 0o644 : 0o755,
    uid: 0,
    gid: 0,
    uname: '',
    gname: '',
    type: typeNames[entry.kind],
  } as const;
  const whole = new Header({ ...fields, path });
  if (!whole.encode()) return blockOf(whole);
  // Long or non-ASCII names, and sizes over 8 GB, do not fit the old header: a record before it carries them. The
  // name left in the header is not a cut-off path: one that happened to end in a slash would read as a directory.
  const header = new Header({ ...fields, path: basename(path) });
  header.encode();
  return Buffer.concat([
    new Pax({ path, size, ...(linkpath === '' ? {} : { linkpath }) }).encode(),
    blockOf(header),
  ]);
}

const typeNames = { file: 'File', directory: 'Directory', link: 'SymbolicLink' } as const;

function blockOf(header: Header): Buffer {
  if (header.block === undefined) throw new Error('a tar header without a block');
  return header.block;
}

/** The zeros that fill up a file of `size` bytes to whole blocks. */
export function padding(size: number): Buffer {
  return Buffer.alloc((512 - (size % 512)) % 512);
}

/** Two empty blocks end an archive. */
export const endOfArchive = Buffer.alloc(1024);
