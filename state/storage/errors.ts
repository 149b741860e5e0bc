import { defineError } from '../platform/errors.js';
import { shellWord } from '../platform/shell-word.js';
import type { Digest } from './storage.js';

/** `key` as it is shown to people: inside the URL of its storage, which for a directory gives the file's own path. */
function place(storage: string, key: string): string {
  const query = storage.indexOf('?');
  return query < 0 ? `${storage}/${key}` : `${storage.slice(0, query)}/${key}${storage.slice(query)}`;
}

/** `url` is shown as far as it holds no credentials. */
export class StorageUrlInvalid extends defineError<{ url: string; reason: string }>(
  'storage-url-invalid',
  ({ url, reason }) => `${url} is no storage: ${reason}`,
  'use file:/path or s3://bucket/prefix?region=eu-west-1 (and &endpoint=http://host:port&pathStyle=true for others than AWS)',
) {}

export class ObjectKeyInvalid extends defineError<{ key: string }>(
  'object-key-invalid',
  ({ key }) => `${JSON.stringify(key)} is not the key of a stored object`,
  'restore the storageKey of its record under /formulas in the state',
) {}

/** No answer, or one that says "not now"; the same request may well succeed later. */
export class StorageUnreachable extends defineError<{
  storage: string;
  key: string;
  reason: string;
  next?: string | undefined;
  /** It was asked too often, and would answer otherwise. */
  rateLimited?: boolean | undefined;
  /** Seconds after which it wants to be asked again, where it says so. */
  retryAfter?: number | undefined;
}>(
  'storage-unreachable',
  ({ storage, key, reason }) => `the storage cannot be reached for ${place(storage, key)}: ${reason}`,
  ({ next = 'check that it runs, and the environment’s `storage` in environments.yaml' }) => next,
) {}

/**
 * The directory of a storage is not there, or nothing is in it, as where its disk is not mounted: what is in the right one
 * would be missed.
 */
export class StorageMissing extends defineError<{ storage: string; directory: string; isEmpty: boolean }>(
  'storage-missing',
  ({ storage, directory, isEmpty }) =>
    isEmpty
      ? `the storage ${storage} is missing: nothing is in that directory, as where its disk is not mounted`
      : `the storage ${storage} is missing: there is no directory ${directory}`,
  'put it back or mount its disk; or, to begin with an empty one: ensemble bootstrap, then: ensemble upgrade-formula SERVICE',
) {}

export class StorageAccessDenied extends defineError<{
  storage: string;
  key: string;
  reason: string;
  next: string;
}>(
  'storage-access-denied',
  ({ storage, key, reason }) => `the storage refuses access to ${place(storage, key)}: ${reason}`,
  ({ next }) => next,
) {}

export class StorageCredentialsMissing extends defineError<{ storage: string; reason: string }>(
  'storage-credentials-missing',
  ({ storage, reason }) => `there are no credentials for ${storage}: ${reason}`,
  'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile of ~/.aws/credentials or ~/.aws/config, or give this machine a role',
) {}

export class BucketNotFound extends defineError<{ storage: string; bucket: string }>(
  'bucket-not-found',
  ({ storage, bucket }) => `there is no bucket ${bucket} for the storage ${storage}`,
  'create the bucket, or correct the environment’s `storage` in environments.yaml',
) {}

/** `region` is what the URL names, if anything; `actual` the one the bucket lies in, where the server told. */
export class BucketElsewhere extends defineError<{
  storage: string;
  bucket: string;
  region: string | undefined;
  actual: string | undefined;
}>(
  'bucket-elsewhere',
  ({ storage, bucket, region, actual }) =>
    `the bucket ${bucket} of ${storage} is not in the region ${region ?? 'of AWS_REGION or the profile'}${actual === undefined ? '' : ` but in ${actual}`}`,
  ({ actual }) => `put region=${actual ?? '…'} into the environment’s \`storage\` in environments.yaml`,
) {}

/** `limit` is what is full, in an operator's words: a directory's disk, a bucket's quota. */
export class StorageFull extends defineError<{ storage: string; key: string; limit: string }>(
  'storage-full',
  ({ storage, key, limit }) => `${place(storage, key)} was not stored: ${limit} is full`,
  'make room there, then run the command again',
) {}

/** The disk of this machine that an object is downloaded to. */
export class DownloadDiskFull extends defineError<{ destination: string }>(
  'download-disk-full',
  ({ destination }) => `${destination} was not downloaded: the disk is full`,
  'make room on that disk',
) {}

/** An answer that names a mistake neither waiting nor other credentials will mend. */
export class StorageRequestRefused extends defineError<{ storage: string; key: string; reason: string }>(
  'storage-request-refused',
  ({ storage, key, reason }) => `the storage refuses a request for ${place(storage, key)}: ${reason}`,
  'check the environment’s `storage` in environments.yaml',
) {}

/** The command by which a formula is published anew that lies in a storage. @param formula its id, where that is known */
function publishAgain(formula: string | undefined): string {
  const [, revision] = /-(\d+)$/.exec(formula ?? '') ?? [];
  const which = revision === undefined ? '' : `--revision ${revision} `;
  return `publish the formula again: ensemble upgrade-formula ${which}SERVICE`;
}

export class ObjectNotFound extends defineError<{ storage: string; key: string; formula?: string }>(
  'object-not-found',
  ({ storage, key }) => `there is no object ${place(storage, key)}`,
  ({ formula }) => publishAgain(formula),
) {}

/** In the place of an object, `file`, stands something that is no file; `kind` says what, with its article. */
export class ObjectNotAFile extends defineError<{
  storage: string;
  key: string;
  file: string;
  kind: string;
  formula?: string;
}>(
  'object-not-a-file',
  ({ storage, key, kind }) => `${place(storage, key)} is no object: ${kind} stands there`,
  ({ file, formula }) =>
    `move that away, as with mv ${shellWord(file)} ${shellWord(`${file}.not-an-object`)}, then ${publishAgain(formula)}`,
) {}

/**
 * An object is not what its key promises. `actual.size` is missing where reading stopped at the first byte too many,
 * `sha256` on both sides where the sizes differ already.
 */
export class ObjectDamaged extends defineError<{
  storage: string;
  key: string;
  expected: Partial<Digest>;
  actual: Partial<Digest>;
  formula?: string;
}>(
  'object-damaged',
  ({ storage, key, expected, actual }) =>
    `${place(storage, key)} is damaged: ${difference(expected, actual)}`,
  ({ formula }) => `remove that object, then ${publishAgain(formula)}`,
) {}

function difference(expected: Partial<Digest>, actual: Partial<Digest>): string {
  if (actual.size === undefined) return `it has more than the expected ${expected.size} bytes`;
  if (actual.size !== expected.size) return `it has ${actual.size} bytes instead of ${expected.size}`;
  return `its sha256 is ${actual.sha256} instead of ${expected.sha256}`;
}

/** The error of a bundle, naming the formula that lies in it: whoever publishes it again is to get this very revision. */
export function ofFormula(error: unknown, formula: string): unknown {
  if (error instanceof ObjectNotFound) return new ObjectNotFound({ ...fieldsOf(error), formula });
  if (error instanceof ObjectNotAFile)
    return new ObjectNotAFile({ ...fieldsOf(error), file: error.file, kind: error.kind, formula });
  if (error instanceof ObjectDamaged)
    return new ObjectDamaged({ ...fieldsOf(error), expected: error.expected, actual: error.actual, formula });
  return error;
}

function fieldsOf({ storage, key }: { readonly storage: string; readonly key: string }): {
  readonly storage: string;
  readonly key: string;
} {
  return { storage, key };
}
