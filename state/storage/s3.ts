import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { type Clock, pause, systemClock } from '../platform/clock.js';
import { translatedBody } from './body.js';
import { fileDigest } from './digest.js';
import {
  BucketNotFound,
  ObjectDamaged,
  ObjectNotFound,
  StorageRequestRefused,
  StorageUnreachable,
} from './errors.js';
import { checkKey } from './key.js';
import { createS3Client, type S3Limits } from './s3-client.js';
import { s3Error } from './s3-errors.js';
import { parseS3Url, type S3Location } from './s3-url.js';
import type { ChangedObject, Digest, Storage, StorageOptions } from './storage.js';

/** A request as a middleware of the SDK sees it. */
interface HttpRequest {
  readonly headers: Record<string, string>;
}

/** @throws StorageUrlInvalid */
export function openS3(url: string, options: StorageOptions): Storage {
  const location = parseS3Url(url);
  const limits = {
    connectTimeout: options.connectTimeout ?? 3_000,
    answerTimeout: options.answerTimeout ?? 4_500,
    idleTimeout: options.idleTimeout ?? 20_000,
    attempts: options.attempts ?? 2,
  };
  return new S3Storage(location, limits, createS3Client(location, limits), options.clock ?? systemClock);
}

const NOT_MODIFIED = 304;

/** In milliseconds, between two attempts to upload. */
const RETRY_PAUSE = 200;

/**
 * A bucket of any S3-compatible server. Asks for nothing that such servers lack: no conditional PUT, no checksum
 * trailers, no multipart upload.
 */
class S3Storage implements Storage {
  readonly #closing = new AbortController();
  #bucketSeen = false;
  readonly #location: S3Location;
  readonly #limits: S3Limits;
  readonly #client: S3Client;
  readonly #clock: Clock;

  constructor(location: S3Location, limits: S3Limits, client: S3Client, clock: Clock) {
    this.#location = location;
    this.#limits = limits;
    this.#client = client;
    this.#clock = clock;
  }

  get url(): string {
    return this.#location.url;
  }

  async size(key: string): Promise<number | undefined> {
    const size = await this.#head(key);
    // A HEAD's answer does not tell a missing object from a missing bucket.
    if (size === undefined) await this.#checkBucket(key);
    return size;
  }

  async put(key: string, file: string): Promise<void> {
    const { size } = await stat(file);
    const present = await this.#head(key);
    if (present === size) return;
    if (present !== undefined)
      throw new ObjectDamaged({ storage: this.url, key, expected: { size }, actual: { size: present } });
    const digest = await fileDigest(file);
    for (let attempt = 1; ; attempt += 1)
      try {
        return await this.#upload(key, file, digest);
      } catch (error) {
        if (!(error instanceof StorageUnreachable) || attempt >= this.#limits.attempts) throw error;
        await pause(this.#clock, RETRY_PAUSE, this.#closing.signal);
      }
  }

  async read(key: string): Promise<Readable> {
    return (await this.#get(key, undefined)).body;
  }

  async readChanged(key: string, etag: string | undefined): Promise<'unchanged' | ChangedObject> {
    return this.#get(key, etag);
  }

  async #get(key: string, etag: undefined): Promise<ChangedObject>;
  async #get(key: string, etag: string | undefined): Promise<'unchanged' | ChangedObject>;
  async #get(key: string, etag: string | undefined): Promise<'unchanged' | ChangedObject> {
    const command = new GetObjectCommand({
      ...this.#object(key),
      ...(etag !== undefined && { IfNoneMatch: etag }),
    });
    const answer = await this.#translating(key, () =>
      this.#client.send(command, this.#bounded()).catch((error: unknown) => {
        // The SDK takes this answer for an error.
        if (etag !== undefined && statusOf(error) === NOT_MODIFIED) return undefined;
        throw error;
      }),
    );
    if (answer === undefined) return 'unchanged';
    const { Body: body, ETag } = answer;
    if (!(body instanceof Readable))
      throw new StorageRequestRefused({ storage: this.url, key, reason: 'its answer has no content' });
    return { etag: ETag, body: translatedBody(body, (error) => s3Error(error, this.#location, key)) };
  }

  async remove(key: string): Promise<void> {
    const command = new DeleteObjectCommand(this.#object(key));
    try {
      await this.#translating(key, () => this.#client.send(command, this.#bounded()));
    } catch (error) {
      // Some servers tell of an object that is not there, others do not.
      if (!(error instanceof ObjectNotFound)) throw error;
      await this.#checkBucket(key);
    }
  }

  close(): void {
    this.#closing.abort(new StorageUnreachable({ storage: this.url, key: '', reason: 'it was closed' }));
    this.#client.destroy();
  }

  #object(key: string): { Bucket: string; Key: string } {
    checkKey(key);
    const { bucket, prefix } = this.#location;
    return { Bucket: bucket, Key: prefix === '' ? key : `${prefix}/${key}` };
  }

  /** For requests without a body: the time until the answer begins is bounded. */
  #bounded(): { requestTimeout: number; abortSignal: AbortSignal } {
    return { requestTimeout: this.#limits.answerTimeout, abortSignal: this.#closing.signal };
  }

  async #head(key: string): Promise<number | undefined> {
    const command = new HeadObjectCommand(this.#object(key));
    try {
      const { ContentLength: size } = await this.#translating(key, () =>
        this.#client.send(command, this.#bounded()),
      );
      this.#bucketSeen = true;
      if (size === undefined)
        throw new StorageRequestRefused({ storage: this.url, key, reason: 'its answer tells no size' });
      return size;
    } catch (error) {
      if (error instanceof ObjectNotFound) return undefined;
      throw error;
    }
  }

  async #checkBucket(key: string): Promise<void> {
    if (this.#bucketSeen) return;
    const { bucket } = this.#location;
    try {
      const command = new HeadBucketCommand({ Bucket: bucket });
      await this.#translating(key, () => this.#client.send(command, this.#bounded()));
      this.#bucketSeen = true;
    } catch (error) {
      if (error instanceof ObjectNotFound)
        throw new BucketNotFound({ storage: this.url, bucket }, { cause: error.cause });
      throw error;
    }
  }

  /** One attempt. The SDK cannot repeat it, because it cannot read the stream twice. */
  async #upload(key: string, file: string, { sha256, size }: Digest): Promise<void> {
    const broken = new AbortController();
    // An empty stream never asks to be read, and an empty range of a file cannot be named.
    const body = size === 0 ? undefined : createReadStream(file, { end: size - 1, highWaterMark: 1 << 18 });
    body?.once('error', (error) => broken.abort(error));
    const command = new PutObjectCommand({
      ...this.#object(key),
      Body: body ?? new Uint8Array(0),
      ContentLength: size,
      ContentType: 'application/gzip',
      Metadata: { sha256 },
    });
    // In place of the SDK's "unsigned payload": every server holds a body against this header, so an upload that was
    // cut or corrupted on its way is refused instead of standing under its key for good.
    command.middlewareStack.add(
      (next) => (args) => {
        (args.request as HttpRequest).headers['x-amz-content-sha256'] = sha256;
        return next(args);
      },
      { step: 'build', name: 'contentSha256' },
    );
    try {
      const abortSignal = AbortSignal.any([this.#closing.signal, broken.signal]);
      await this.#translating(key, () => this.#client.send(command, { abortSignal }));
    } catch (error) {
      broken.signal.throwIfAborted();
      throw error;
    } finally {
      body?.destroy();
    }
  }

  async #translating<T>(key: string, send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw s3Error(error, this.#location, key);
    }
  }
}

function statusOf(error: unknown): unknown {
  const { $metadata } = Object(error) as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}
