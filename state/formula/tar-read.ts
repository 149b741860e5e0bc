import { Header } from 'tar/header';
import { Pax } from 'tar/pax';
import { type ByteReader, StreamEnded } from './byte-reader.js';
import type { Limits } from './limits.js';
import { type PaxFields, parsePax } from './pax-record.js';
import { TarFault } from './tar-fault.js';

/** An entry as the archive has it: nothing about its path or link target has been checked yet. */
interface TarEntry {
  readonly kind: 'file' | 'directory' | 'link';
  readonly path: string;
  readonly target: string;
  readonly mode: number;
  /** In bytes; 0 for all but files. */
  readonly size: number;
  /** The bytes of a file. Where they are not read, the next entry skips them. */
  readonly body: () => AsyncIterable<Buffer>;
}

const refusedTypes: Readonly<Record<string, string>> = {
  Link: 'is a hard link',
  CharacterDevice: 'is a device',
  BlockDevice: 'is a device',
  FIFO: 'is a fifo',
};

/**
 * The entries of a tar archive in their order, one at a time. Header blocks are decoded by the `tar` package. The
 * loop around them is ours because its parser takes an archive that stops between two entries for complete, ignores
 * what follows the end, and skips oversized name records instead of refusing them.
 * @throws TarFault
 */
export async function* readTar(reader: ByteReader, limits: Limits): AsyncGenerator<TarEntry> {
  try {
    for (let count = 0; ; count++) {
      if (count > limits.maxEntries)
        throw new TarFault('unsafe', `has more than ${limits.maxEntries} entries`);
      const found = await nextHeader(reader, limits);
      if (found === undefined) break;
      const entry = interpret(found.header, found.pax);
      let unread = entry.size;
      const body = async function* (): AsyncGenerator<Buffer> {
        while (unread > 0) {
          const piece = await reader.some(unread);
          if (piece === undefined) throw cutShort();
          unread -= piece.length;
          yield piece;
        }
      };
      yield { ...entry, body };
      for await (const _skipped of body());
      await reader.take((512 - (entry.size % 512)) % 512);
    }
    await expectNothingMore(reader);
  } catch (error) {
    throw error instanceof StreamEnded ? cutShort() : error;
  }
}

/** The next header of a real entry with what the records before it say; undefined at the end of the archive. */
async function nextHeader(
  reader: ByteReader,
  limits: Limits,
): Promise<{ header: Header; pax: PaxFields } | undefined> {
  const pax: PaxFields = {};
  for (let records = 0; ; records++) {
    // Each kind of record stands at most once before an entry; a long row of them is an attack on memory or time.
    if (records > 8) throw new TarFault('damaged', 'it has too many extended headers in a row');
    const header = decode(await reader.take(512), pax);
    if (header.nullBlock) {
      if (records > 0 || !decode(await reader.take(512)).nullBlock)
        throw new TarFault('damaged', 'the archive in it stops in the middle');
      return undefined;
    }
    const type = header.type;
    const carriesName = type === 'NextFileHasLongPath' || type === 'NextFileHasLongLinkpath';
    if (type !== 'ExtendedHeader' && type !== 'GlobalExtendedHeader' && !carriesName) return { header, pax };
    const size = header.size ?? 0;
    if (size > limits.maxMetaBytes)
      throw new TarFault('unsafe', `has a name record of ${size} bytes`, pax.path ?? '');
    const record = await reader.take(size);
    await reader.take((512 - (size % 512)) % 512);
    if (type === 'NextFileHasLongPath') pax.path = untilZero(record);
    else if (type === 'NextFileHasLongLinkpath') pax.linkpath = untilZero(record);
    else if (type === 'ExtendedHeader') Object.assign(pax, parsePax(record));
    // `git archive` writes a global header with just a comment; one that names or sizes every entry is a trick.
    else if (Object.keys(parsePax(record)).length > 0)
      throw new TarFault('unsafe', 'has a global header that renames entries');
  }
}

/** The header, which is told what the records before it say: a path that ends in a slash makes it a directory. */
function decode(block: Buffer, pax: PaxFields = {}): Header {
  let header: Header;
  try {
    header = new Header(block, 0, new Pax(pax));
  } catch {
    throw new TarFault('damaged', 'it has an entry that cannot be read');
  }
  if (!header.nullBlock && !header.cksumValid)
    throw new TarFault('damaged', 'it is no tar archive, or was altered');
  // The library calls a block empty by its checksum field alone.
  if (header.nullBlock && block.some((byte) => byte !== 0))
    throw new TarFault('damaged', 'it is no tar archive, or was altered');
  return header;
}

function interpret(header: Header, pax: PaxFields): Omit<TarEntry, 'body'> {
  const rawPath = pax.path ?? header.path ?? '';
  const rawTarget = pax.linkpath ?? header.linkpath ?? '';
  const type = String(header.type);
  const path = trimPath(rawPath, type === 'Directory');
  const mode = header.mode ?? 0;
  const size = type === 'Directory' ? 0 : (pax.size ?? header.size ?? 0);
  if (!Number.isSafeInteger(size) || size < 0)
    throw new TarFault('damaged', 'it has an entry without a sensible size');
  // The bit is worth nothing to a formula, and everything to who can run the file.
  if ((mode & 0o4000) !== 0) throw new TarFault('unsafe', 'has the setuid bit', rawPath);
  if ((mode & 0o2000) !== 0 && type !== 'Directory')
    throw new TarFault('unsafe', 'has the setgid bit', rawPath);
  switch (type) {
    case 'File':
    case 'OldFile':
    case 'ContiguousFile':
      return { kind: 'file', path, target: '', mode, size };
    case 'Directory':
      return { kind: 'directory', path, target: '', mode, size };
    case 'SymbolicLink':
      if (size > 0) throw new TarFault('unsafe', 'is a link with contents', rawPath);
      return { kind: 'link', path, target: rawTarget, mode, size };
    default:
      throw new TarFault(
        'unsafe',
        refusedTypes[type] ?? `is of a kind that formulas do not have (${type})`,
        rawPath,
      );
  }
}

/** Other tools write `./hooks/start`, and a slash behind directories; both mean the same as without. */
function trimPath(path: string, directory: boolean): string {
  const inner = path.replace(/^(?:\.\/+)+/, '');
  return directory ? inner.replace(/\/$/, '') : inner;
}

function untilZero(record: Buffer): string {
  const end = record.indexOf(0);
  return record.toString('utf8', 0, end < 0 ? record.length : end);
}

function cutShort(): TarFault {
  return new TarFault('damaged', 'the archive in it is cut short');
}

/** After the end only the zeros may come with which tools fill up their last record. */
async function expectNothingMore(reader: ByteReader): Promise<void> {
  for (let chunk = await reader.some(65_536); chunk !== undefined; chunk = await reader.some(65_536)) {
    if (chunk.some((byte) => byte !== 0))
      throw new TarFault('damaged', 'something follows the end of the archive');
  }
}
