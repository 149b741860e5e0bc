import type { Clock } from '../platform/clock.js';
import type { Readable } from 'node:stream';

/** Limits for a storage behind a network; a directory has none of them. Times are in milliseconds. */
export interface StorageOptions {
  /** Until the connection stands. Default 3,000. */
  readonly connectTimeout?: number;
  /** Until an answer begins, for requests without a body, connecting included. Default 4,500. */
  readonly answerTimeout?: number;
  /** Without one byte going either way in the middle of a transfer. Default 20,000. */
  readonly idleTimeout?: number;
  /**
   * How often a request is tried before its failure is reported; with the default of 2 a server that does not answer
   * is reported after about 9 s.
   */
  readonly attempts?: number;
  /** True if the opener stays and wants small objects quickly: a helper is then kept ready for a directory. */
  readonly stays?: boolean;
  /** True if a directory that is not there is refused; otherwise the first object makes it. */
  readonly mustBeThere?: boolean;
  readonly clock?: Clock;
}

/**
 * Where published bundles live. Keys hold the content's sha256, so an object never changes: storing one that is there
 * already is success, and nothing is ever overwritten.
 */
export interface Storage {
  /** For messages; holds no credentials. */
  readonly url: string;

  /** Bytes of the object, or undefined where there is none. @throws StorageUnreachable */
  size(key: string): Promise<number | undefined>;

  /**
   * Stores the file under `key`. Identical uploads at the same time are fine.
   * @throws ObjectDamaged when an object of another size stands there, StorageUnreachable, StorageFull
   */
  put(key: string, file: string): Promise<void>;

  /** The object's bytes, unverified: see `fetchObject`. @throws ObjectNotFound, StorageUnreachable */
  read(key: string): Promise<Readable>;

  /**
   * The same, where what its server calls its content is not `etag` any more: for objects that do change. Only storages
   * whose servers say such a thing have it. @throws ObjectNotFound, StorageUnreachable
   */
  readChanged?(key: string, etag: string | undefined): Promise<'unchanged' | ChangedObject>;

  /** Removes the object; one that is not there is a success. @throws StorageUnreachable */
  remove(key: string): Promise<void>;

  /**
   * The same into a file that is there, empty, for those that have no need of the bytes here: no byte beyond `most` is
   * written. Tells how many are there by then. @returns how many there are, or one number above `most`
   */
  copyTo?(key: string, destination: string, most: number, grown: (bytes: number) => void): Promise<number>;

  close(): void;
}

/** An object that changed. */
export interface ChangedObject {
  readonly etag: string | undefined;
  readonly body: Readable;
}

/** An object's expected content: its sha256 in lower-case hex, and its size in bytes. */
export interface Digest {
  readonly sha256: string;
  readonly size: number;
}
