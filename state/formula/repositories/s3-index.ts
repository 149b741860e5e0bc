import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { EnsembleError } from '../../platform/errors.js';
import { ObjectDamaged, ObjectNotFound, StorageUnreachable } from '../../storage/errors.js';
import { fetchObject } from '../../storage/fetch.js';
import { openStorage } from '../../storage/open.js';
import type { Storage } from '../../storage/storage.js';
import type { LocalCandidate } from '../candidate.js';
import { BundleDamaged, RepositoryNotFound, RepositoryUnavailable } from '../errors.js';
import { LARGEST_SIGNATURE } from '../trust/statement.js';
import { type IndexEntry, INDEX_FILE_NAME, readIndex } from './index-document.js';
import { type IndexJudge, INDEX_SIGNATURE_FILE_NAME, judged } from './index-judge.js';
import { repositoryOfIndex } from './index-offers.js';
import { recall, remember } from './remembered.js';
import type { Repository } from './repository.js';

/** Bytes of an index. */
const MOST = 64 * 1024 ** 2;

/**
 * Reads the index of a repository in a bucket.
 * @param url as a storage's: `s3://bucket/prefix?region=…`
 * @param now milliseconds since the epoch
 * @param judge looks at it before it is believed
 * @throws RepositoryNotFound, RepositoryUnavailable, IndexExpired, what `judge` throws
 */
export async function openBucketIndex(
  { url, name }: { readonly url: string; readonly name: string },
  now: number,
  judge?: IndexJudge,
): Promise<Repository> {
  const { text } = await judged(
    url,
    judge,
    (anew) => withStorage(url, (storage) => readIndexText(url, storage, anew)),
    () => withStorage(url, (storage) => readSignature(url, storage)),
  );
  return repositoryOfIndex(url, name, text, now, (formula, entry) => ({
    path: `${url.replace(/\?.*/, '')}/${entry.url}`,
    fetch: (directory) => fetchBundle(url, formula, entry, directory),
  }));
}

/** The index, which is sent again only where it changed. */
async function readIndexText(
  url: string,
  storage: Storage,
  anew: boolean,
): Promise<{ readonly text: string }> {
  const known = anew ? undefined : await recall(url);
  const answer = (await storage.readChanged?.(INDEX_FILE_NAME, known?.tag)) ?? {
    etag: undefined,
    body: await storage.read(INDEX_FILE_NAME),
  };
  if (answer === 'unchanged') return { text: known?.text ?? '' };
  const text = (await readWhole(url, answer.body, MOST)).toString('utf8');
  if (answer.etag !== undefined && !('reason' in readIndex(text)))
    await remember(url, { tag: answer.etag, text });
  return { text };
}

async function readSignature(url: string, storage: Storage): Promise<string | undefined> {
  try {
    const body = await storage.read(INDEX_SIGNATURE_FILE_NAME);
    return (await readWhole(url, body, LARGEST_SIGNATURE)).toString('latin1');
  } catch (error) {
    if (error instanceof ObjectNotFound) return undefined;
    throw error;
  }
}

async function readWhole(url: string, body: Readable, most: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of body) {
    const bytes: Buffer = piece;
    length += bytes.length;
    if (length > most)
      throw new RepositoryUnavailable({ repository: url, reason: `its index has more than ${most} bytes` });
    pieces.push(bytes);
  }
  return Buffer.concat(pieces);
}

async function fetchBundle(
  url: string,
  name: string,
  { url: key, sha256, size, revision }: IndexEntry,
  directory: string,
): Promise<Pick<LocalCandidate, 'kind' | 'path'>> {
  const path = join(directory, `${name}-${revision}.tar.gz`);
  try {
    await withStorage(url, (storage) => fetchObject(storage, key, { sha256, size }, path));
  } catch (error) {
    if (!(error instanceof RepositoryNotFound)) throw error;
    throw new RepositoryUnavailable({
      repository: url,
      reason: `its index names ${key}, which is not there`,
    });
  }
  return { kind: 'bundle', path };
}

/** A fault that keeps the storage from answering keeps the repository from it too; the way out is the same. */
async function withStorage<T>(url: string, work: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = await openStorage(url);
  try {
    return await work(storage);
  } catch (error) {
    if (error instanceof ObjectNotFound)
      throw new RepositoryNotFound(
        {
          path: url,
          reason: `there is no ${error.key}`,
          next: 'make one with: ensemble index DIRECTORY, and copy the directory into the bucket',
        },
        { cause: error },
      );
    if (error instanceof ObjectDamaged)
      throw new BundleDamaged(
        {
          bundle: `${url}: ${error.key}`,
          reason: 'it is not the one that the index of its repository names',
        },
        { cause: error },
      );
    if (!(error instanceof EnsembleError) || !/^(storage|bucket|object)-/.test(error.code)) throw error;
    const { rateLimited, retryAfter } = error instanceof StorageUnreachable ? error : {};
    throw new RepositoryUnavailable(
      {
        repository: url,
        reason: error.message,
        ...(error.next !== undefined && { next: error.next }),
        ...(rateLimited !== undefined && { rateLimited }),
        ...(retryAfter !== undefined && { retryAfter }),
      },
      { cause: error },
    );
  } finally {
    storage.close();
  }
}
