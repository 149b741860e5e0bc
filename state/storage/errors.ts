import { EnsembleError } from '../platform/errors.js';
import { shellWord } from '../platform/shell-word.js';
import type { Digest } from './storage.js';

/** `key` as it is shown to people: inside the URL of its storage, which for a directory gives the file's own path. */
function place(storage: string, key: string): string {
  const query = storage.indexOf('?');
  return query < 0 ? `${storage}/${key}` : `${storage.slice(0, query)}/${key}${storage.slice(query)}`;
}

/** `url` is shown as far as it holds no credentials. */
export class StorageUrlInvalid extends EnsembleError {
  static override readonly code = 'storage-url-invalid';
  constructor(
    readonly url: string,
    readonly reason: string,
  ) {
    super(
      `${url} is no storage: ${reason}`,
      'use file:/path or s3://bucket/prefix?region=eu-west-1 (and &endpoint=http://host:port&pathStyle=true for others than AWS)',
    );
  }
}

export class ObjectKeyInvalid extends EnsembleError {
  static override readonly code = 'object-key-invalid';
  constructor(readonly key: string) {
    super(
      `${JSON.stringify(key)} is not the key of a stored object`,
      'restore the storageKey of its record under /formulas in the state',
    );
  }
}

/** No answer, or one that says "not now"; the same request may well succeed later. */
export class StorageUnreachable extends EnsembleError {
  static override readonly code = 'storage-unreachable';
  constructor(
    readonly storage: string,
    readonly key: string,
    readonly reason: string,
    options?: ErrorOptions & { readonly next?: string },
  ) {
    super(
      `the storage cannot be reached for ${place(storage, key)}: ${reason}`,
      options?.next ?? 'check that it runs, and the environment’s `storage` in environments.yaml',
      options,
    );
  }
}

export class StorageAccessDenied extends EnsembleError {
  static override readonly code = 'storage-access-denied';
  constructor(
    readonly storage: string,
    readonly key: string,
    readonly reason: string,
    next: string,
    options?: ErrorOptions,
  ) {
    super(`the storage refuses access to ${place(storage, key)}: ${reason}`, next, options);
  }
}

export class StorageCredentialsMissing extends EnsembleError {
  static override readonly code = 'storage-credentials-missing';
  constructor(
    readonly storage: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `there are no credentials for ${storage}: ${reason}`,
      'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile of ~/.aws/credentials or ~/.aws/config, or give this machine a role',
      options,
    );
  }
}

export class BucketNotFound extends EnsembleError {
  static override readonly code = 'bucket-not-found';
  constructor(
    readonly storage: string,
    readonly bucket: string,
    options?: ErrorOptions,
  ) {
    super(
      `there is no bucket ${bucket} for the storage ${storage}`,
      'create the bucket, or correct the environment’s `storage` in environments.yaml',
      options,
    );
  }
}

/** `region` is what the URL names, if anything; `actual` the one the bucket lies in, where the server told. */
export class BucketElsewhere extends EnsembleError {
  static override readonly code = 'bucket-elsewhere';
  constructor(
    readonly storage: string,
    readonly bucket: string,
    readonly region: string | undefined,
    readonly actual: string | undefined,
    options?: ErrorOptions,
  ) {
    super(
      `the bucket ${bucket} of ${storage} is not in the region ${region ?? 'of AWS_REGION or the profile'}${actual === undefined ? '' : ` but in ${actual}`}`,
      `put region=${actual ?? '…'} into the environment’s \`storage\` in environments.yaml`,
      options,
    );
  }
}

/** `limit` is what is full, in an operator's words: a directory's disk, a bucket's quota. */
export class StorageFull extends EnsembleError {
  static override readonly code = 'storage-full';
  constructor(
    readonly storage: string,
    readonly key: string,
    readonly limit: string,
    options?: ErrorOptions,
  ) {
    super(
      `${place(storage, key)} was not stored: ${limit} is full`,
      'make room there, then run the command again',
      options,
    );
  }
}

/** The disk of this machine that an object is downloaded to. */
export class DownloadDiskFull extends EnsembleError {
  static override readonly code = 'download-disk-full';
  constructor(
    readonly destination: string,
    options?: ErrorOptions,
  ) {
    super(`${destination} was not downloaded: the disk is full`, 'make room on that disk', options);
  }
}

/** An answer that names a mistake neither waiting nor other credentials will mend. */
export class StorageRequestRefused extends EnsembleError {
  static override readonly code = 'storage-request-refused';
  constructor(
    readonly storage: string,
    readonly key: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `the storage refuses a request for ${place(storage, key)}: ${reason}`,
      'check the environment’s `storage` in environments.yaml',
      options,
    );
  }
}

export class ObjectNotFound extends EnsembleError {
  static override readonly code = 'object-not-found';
  constructor(
    readonly storage: string,
    readonly key: string,
    options?: ErrorOptions,
  ) {
    super(
      `there is no object ${place(storage, key)}`,
      'publish the formula again: ensemble upgrade-formula SERVICE',
      options,
    );
  }
}

/** In the place of an object, `file`, stands something that is no file; `kind` says what, with its article. */
export class ObjectNotAFile extends EnsembleError {
  static override readonly code = 'object-not-a-file';
  constructor(
    readonly storage: string,
    readonly key: string,
    readonly file: string,
    readonly kind: string,
    options?: ErrorOptions,
  ) {
    super(
      `${place(storage, key)} is no object: ${kind} stands there`,
      `move that away, as with mv ${shellWord(file)} ${shellWord(`${file}.not-an-object`)}, then publish the formula again: ensemble upgrade-formula SERVICE`,
      options,
    );
  }
}

/**
 * An object is not what its key promises. `actual.size` is missing where reading stopped at the first byte too many,
 * `sha256` on both sides where the sizes differ already.
 */
export class ObjectDamaged extends EnsembleError {
  static override readonly code = 'object-damaged';
  constructor(
    readonly storage: string,
    readonly key: string,
    readonly expected: Partial<Digest>,
    readonly actual: Partial<Digest>,
  ) {
    super(
      `${place(storage, key)} is damaged: ${difference(expected, actual)}`,
      'remove that object, then publish the formula again: ensemble upgrade-formula SERVICE',
    );
  }
}

function difference(expected: Partial<Digest>, actual: Partial<Digest>): string {
  if (actual.size === undefined) return `it has more than the expected ${expected.size} bytes`;
  if (actual.size !== expected.size) return `it has ${actual.size} bytes instead of ${expected.size}`;
  return `its sha256 is ${actual.sha256} instead of ${expected.sha256}`;
}
