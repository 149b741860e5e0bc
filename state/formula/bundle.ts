import { createHash } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Gzip } from 'fflate/browser';
import { EnsembleError } from '../platform/errors.js';
import type { Digest } from '../storage/storage.js';
import { BundleUnwritable, FormulaChanging, FormulaTooLarge } from './errors.js';
import { defaultLimits, type Limits, sizeFault } from './limits.js';
import { type Manifest, treeSize } from './manifest.js';
import { LARGEST_BLOCK, StoredGzip } from './stored-gzip.js';
import { endOfArchive, padding, tarHeader } from './tar-write.js';
import { listTree, readFileSafely } from './tree.js';

/** fflate's output depends on how its input is cut, so it is always cut into pieces of this many bytes. */
const PIECE_SIZE = 64 * 1024;

/**
 * A formula of so many bytes at most is not compressed: that would take longer than everything else about its bundle,
 * most of it to compile what compresses.
 */
const STORED_UP_TO = 1_000_000;

/** Bytes that are packed before they are written, and others have their turn. */
const AT_A_STRETCH = 1024 * 1024;

/**
 * Writes the formula in `directory` as one `.tar.gz` to `destination`, which appears complete or not at all; to flush it
 * is up to whoever keeps it, as a storage does. The same tree gives the same bytes on any machine: entries are sorted,
 * modes are 0755 or 0644, dates and owners fixed.
 * @throws NotAFormula, FormulaEntryRefused, FormulaChanging, FormulaTooLarge, BundleUnwritable
 */
export async function bundleFormula(
  directory: string,
  destination: string,
  limits: Partial<Limits> = {},
): Promise<Digest> {
  return bundleTree(directory, await listTree(directory), destination, { ...defaultLimits, ...limits });
}

/**
 * The same for a directory that was listed already.
 * @param packed hears every now and then how many bytes of the tree are packed
 * @throws FormulaChanging when it is no longer as listed
 */
export async function bundleTree(
  directory: string,
  manifest: Manifest,
  destination: string,
  limits: Limits = defaultLimits,
  packed: (bytes: number) => void = () => undefined,
): Promise<Digest> {
  if (manifest.length > limits.maxEntries)
    throw new FormulaTooLarge({
      path: directory,
      reason: `it has ${manifest.length} entries, and may have ${limits.maxEntries}`,
    });
  const unfinished = `${destination}.unfinished`;
  try {
    const file = openSync(unfinished, 'w', 0o644);
    try {
      // Closed before it gets its name: only then may the system tell that something could not be written.
      const digest = await pack(file, directory, manifest, limits, packed).finally(() => closeSync(file));
      renameSync(unfinished, destination);
      return digest;
    } finally {
      rmSync(unfinished, { force: true });
    }
  } catch (error) {
    if (error instanceof EnsembleError) throw error;
    throw new BundleUnwritable({ path: destination, reason: (error as Error).message }, { cause: error });
  }
}

async function pack(
  file: number,
  directory: string,
  manifest: Manifest,
  limits: Limits,
  packed: (bytes: number) => void,
): Promise<Digest> {
  const compressed = treeSize(manifest) > STORED_UP_TO;
  const hash = createHash('sha256');
  let size = 0;
  let unpacked = 0;
  let unwritten: Uint8Array[] = [];
  let since = 0;
  const keep = (chunk: Uint8Array): void => {
    hash.update(chunk);
    size += chunk.length;
    unwritten.push(chunk);
  };
  const gzip = compressed ? await compressingGzip(keep) : new StoredGzip(keep);
  const write = (): void => {
    writeFileSync(file, Buffer.concat(unwritten));
    unwritten = [];
    since = 0;
  };
  const check = (packed: number): void => {
    const fault = sizeFault(unpacked, packed, limits);
    if (fault !== undefined) throw new FormulaTooLarge({ path: directory, reason: `it ${fault}` });
  };
  for await (const piece of cut(archive(directory, manifest), compressed ? PIECE_SIZE : LARGEST_BLOCK)) {
    unpacked += piece.length;
    since += piece.length;
    gzip.push(piece);
    // How well the whole packs is known at its end; until then only its size counts.
    check(Number.POSITIVE_INFINITY);
    if (since < AT_A_STRETCH) continue;
    write();
    packed(unpacked);
    // The coordinator hears from its clients every few seconds.
    await new Promise(setImmediate);
  }
  gzip.push(new Uint8Array(0), true);
  write();
  check(size);
  return { sha256: hash.digest('hex'), size };
}

/**
 * Not zlib: what that makes of the same bytes depends on its version and on the processor. This is plain JavaScript at a
 * pinned version, and a test holds the sha256 of a known tree.
 */
async function compressingGzip(ready: (chunk: Uint8Array) => void): Promise<Gzip> {
  // The build for Node is the same, and loads worker threads, which nothing here uses.
  const { Gzip } = await import('fflate/browser');
  return new Gzip({ level: 6, mem: 8, mtime: 0 }, ready);
}

/** The uncompressed archive. Every file is checked again while it is read: it may have changed since the listing. */
async function* archive(directory: string, manifest: Manifest): AsyncGenerator<Buffer> {
  for (const entry of manifest) {
    yield tarHeader(entry);
    if (entry.kind !== 'file') continue;
    const path = join(directory, entry.path);
    const hash = createHash('sha256');
    let size = 0;
    for (const chunk of readFileSafely(path)) {
      size += chunk.length;
      if (size > entry.size) throw new FormulaChanging({ path });
      hash.update(chunk);
      yield chunk;
    }
    if (size !== entry.size || hash.digest('hex') !== entry.sha256) throw new FormulaChanging({ path });
    yield padding(entry.size);
  }
  yield endOfArchive;
}

/** The same bytes in pieces of exactly `size`, the last one excepted. Each is a buffer of its own. */
async function* cut(chunks: AsyncIterable<Buffer>, size: number): AsyncGenerator<Uint8Array> {
  let piece = new Uint8Array(size);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let taken = 0; taken < chunk.length; ) {
      const part = chunk.subarray(taken, taken + size - filled);
      piece.set(part, filled);
      filled += part.length;
      taken += part.length;
      if (filled < size) continue;
      yield piece;
      piece = new Uint8Array(size);
      filled = 0;
    }
  }
  if (filled > 0) yield piece.subarray(0, filled);
}
