import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Digest } from './storage.js';

/** Bytes that are handed to the disk's thread together: to hand them over takes longer than to write a few. */
const TOGETHER = 1024 * 1024;

/** Bytes after which the disk is set to work on what was written, so that little is left to flush at the end. */
const FLUSHED_EARLY = 8 * 1024 * 1024;

/**
 * Writes the chunks to the file, hashed, and gives the digest of all that came: while one thread writes, this one hashes
 * and waits for more. Stops at the first chunk that goes beyond `most` bytes, which it does not write. A flush of it all
 * is the caller's; with `early`, most of it was done meanwhile.
 * @throws what the chunks throw, and the file system's errors
 */
export async function writeHashed(
  file: FileHandle,
  chunks: AsyncIterable<Buffer>,
  { most = Number.POSITIVE_INFINITY, early = false } = {},
): Promise<Digest> {
  const hash = createHash('sha256');
  let size = 0;
  let gathered: Buffer[] = [];
  let bytes = 0;
  let unflushed = 0;
  let writing: Promise<void> = Promise.resolve();
  let flushing: Promise<void> = Promise.resolve();
  let flushes = false;

  async function put(): Promise<void> {
    await writing;
    if (early && unflushed >= FLUSHED_EARLY && !flushes) await flush();
    writing = writeAll(file, gathered);
    // It is heard below.
    writing.catch(() => undefined);
    unflushed += bytes;
    gathered = [];
    bytes = 0;
  }

  /** A flush that failed must not be forgotten: the next one would succeed. */
  async function flush(): Promise<void> {
    await flushing;
    flushes = true;
    flushing = file.datasync().finally(() => {
      flushes = false;
    });
    flushing.catch(() => undefined);
    unflushed = 0;
  }

  try {
    for await (const chunk of chunks) {
      size += chunk.length;
      if (size > most) break;
      gathered.push(chunk);
      bytes += chunk.length;
      if (bytes >= TOGETHER) await put();
      hash.update(chunk);
    }
    if (bytes > 0) await put();
    await writing;
    await flushing;
  } finally {
    // Also on failure: the file is closed next.
    await Promise.allSettled([writing, flushing]);
  }
  return { sha256: hash.digest('hex'), size };
}

async function writeAll(file: FileHandle, chunks: readonly Buffer[]): Promise<void> {
  const { bytesWritten } = await file.writev(chunks);
  if (bytesWritten === chunks.reduce((sum, { length }) => sum + length, 0)) return;
  // A disk that becomes full takes a part, and tells why at the next attempt.
  await file.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
}
