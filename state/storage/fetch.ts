import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { unlessAborted } from '../platform/unless-aborted.js';
import { fileDigest } from './digest.js';
import { DownloadDiskFull, ObjectDamaged } from './errors.js';
import { GrowingFile } from './growing-file.js';
import type { Digest, Storage } from './storage.js';
import { writeHashed } from './write-hashed.js';

interface FetchOptions {
  readonly signal?: AbortSignal;
}

/**
 * Downloads an object to `destination`, which appears whole and verified, or not at all. Where it stands already with
 * the right content, nothing is downloaded; with another content it is replaced. So it need not be flushed: what a power
 * cut left of it is found out by whoever comes next. The directory must exist. A download that breaks off is an error for
 * the caller to retry.
 * @throws ObjectDamaged when the bytes are not those of `digest`; ObjectNotFound, StorageUnreachable,
 *   DownloadDiskFull; the reason of `signal`
 */
export async function fetchObject(
  storage: Storage,
  key: string,
  digest: Digest,
  destination: string,
  { signal }: FetchOptions = {},
): Promise<void> {
  signal?.throwIfAborted();
  if (await isThere(destination, digest)) return;
  const temporary = `${destination}.${randomUUID()}.part`;
  try {
    const place = { temporary, destination };
    const object = { storage, key, digest };
    if (storage.copyTo !== undefined) {
      await unlessAborted(download(copied(object, temporary), place, object), signal);
      return;
    }
    const body = await begin(storage, key, signal);
    try {
      const stoppable = signal === undefined ? body : addAbortSignal(signal, body);
      const write: Writing = (handle) => writeHashed(handle, stoppable, { most: digest.size });
      await download(write, place, object);
    } finally {
      body.destroy();
    }
  } catch (error) {
    await rm(temporary, { force: true });
    signal?.throwIfAborted();
    if (error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT'))
      throw new DownloadDiskFull({ destination }, { cause: error });
    throw error;
  }
}

interface StoredObject {
  readonly storage: Storage;
  readonly key: string;
  readonly digest: Digest;
}

/** Fills the file, and gives the digest of all that came. */
type Writing = (handle: FileHandle) => Promise<Digest>;

/** The storage fills it, and here it is hashed meanwhile. */
function copied({ storage, key, digest }: StoredObject, file: string): Writing {
  return async (handle) => {
    const hash = createHash('sha256');
    const growing = new GrowingFile(handle);
    const hashing = (async () => {
      for await (const piece of growing.bytes()) hash.update(piece);
    })();
    // It is heard below.
    hashing.catch(() => undefined);
    try {
      const size = await storage.copyTo?.(key, file, digest.size, (bytes) => growing.grown(bytes));
      growing.end();
      await hashing;
      return { sha256: hash.digest('hex'), size: size ?? 0 };
    } catch (error) {
      growing.breakOff(error);
      throw error;
    } finally {
      await hashing.catch(() => undefined);
    }
  };
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
  write: Writing,
  { temporary, destination }: { readonly temporary: string; readonly destination: string },
  { storage, key, digest }: StoredObject,
): Promise<void> {
  const handle = await open(temporary, 'wx+', 0o600);
  try {
    // Stops at its size, so that a disk is not filled with rubbish.
    const actual = await write(handle);
    const { sha256, size } = digest;
    if (actual.size !== size)
      throw new ObjectDamaged({
        storage: storage.url,
        key,
        expected: { size },
        actual: { ...(actual.size < size && actual) },
      });
    if (actual.sha256 !== sha256)
      throw new ObjectDamaged({ storage: storage.url, key, expected: digest, actual });
    await rename(temporary, destination);
  } finally {
    await handle.close();
  }
}
