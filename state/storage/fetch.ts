import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { addAbortSignal, type Readable } from 'node:stream';
import { fileDigest } from './digest.js';
import { sync } from './durable.js';
import { DownloadDiskFull, ObjectDamaged } from './errors.js';
import type { Digest, Storage } from './storage.js';
import { writeHashed } from './write-hashed.js';

/**
 * Downloads an object to `destination`, which appears whole, verified and flushed to disk, or not at all. Where it
 * stands already with the right content, nothing is downloaded; with another content it is replaced. The directory
 * must exist. A download that breaks off is an error for the caller to retry.
 * @throws ObjectDamaged when the bytes are not those of `digest`; ObjectNotFound, StorageUnreachable,
 *   DownloadDiskFull; the reason of `signal`
 */
export async function fetchObject(
  storage: Storage,
  key: string,
  digest: Digest,
  destination: string,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  if (await isThere(destination, digest)) return;
  const temporary = `${destination}.${randomUUID()}.part`;
  try {
    const body = await begin(storage, key, signal);
    try {
      await download(
        signal === undefined ? body : addAbortSignal(signal, body),
        temporary,
        storage,
        key,
        digest,
      );
    } finally {
      body.destroy();
    }
    await rename(temporary, destination);
    await sync(path.dirname(destination));
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT'))
      throw new DownloadDiskFull(destination, { cause: error });
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Does not make an agent that stops wait for a storage that does not answer. */
function begin(storage: Storage, key: string, signal: AbortSignal | undefined): Promise<Readable> {
  const reading = storage.read(key);
  if (signal === undefined) return reading;
  return new Promise((resolve, reject) => {
    const abandon = (): void => {
      reject(signal.reason);
      reading.then((body) => body.destroy()).catch(() => undefined);
    };
    signal.addEventListener('abort', abandon, { once: true });
    reading.then(resolve, reject).finally(() => signal.removeEventListener('abort', abandon));
  });
}

async function isThere(file: string, { sha256, size }: Digest): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true || found.size !== size) return false;
  return (await fileDigest(file)).sha256 === sha256;
}

async function download(
  body: Readable,
  file: string,
  storage: Storage,
  key: string,
  expected: Digest,
): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    // Not beyond its size: a disk is not filled with rubbish.
    const actual = await writeHashed(handle, body, { most: expected.size, early: true });
    if (actual.size !== expected.size)
      throw new ObjectDamaged(
        storage.url,
        key,
        { size: expected.size },
        { ...(actual.size < expected.size && actual) },
      );
    if (actual.sha256 !== expected.sha256) throw new ObjectDamaged(storage.url, key, expected, actual);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
