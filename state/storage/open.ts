import type { Clock } from '../platform/clock.js';
import { StorageUrlInvalid } from './errors.js';
import type { Storage } from './storage.js';

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
 * Opens the storage that `url` names: `file:/absolute/path` or
 * `s3://bucket/prefix?region=…&endpoint=http://…&pathStyle=true`. Nothing is contacted or created yet. The engine is
 * loaded only here: the AWS SDK costs a quarter of a second of start-up time.
 * @throws StorageUrlInvalid
 */
export async function openStorage(url: string, options: StorageOptions = {}): Promise<Storage> {
  if (url.startsWith('file:'))
    return (await import('./directory.js')).openDirectory(url, options.clock, options.idleTimeout, {
      isReady: options.stays,
      mustBeThere: options.mustBeThere,
    });
  if (url.startsWith('s3:')) return (await import('./s3.js')).openS3(url, options);
  // The text may be a secret that was put into the wrong field, so only its scheme is repeated.
  throw new StorageUrlInvalid({
    url: /^[a-z0-9+]+:/i.exec(url)?.[0] ?? 'the URL',
    reason: 'its scheme is neither file nor s3',
  });
}
