import { StorageUrlInvalid } from './errors.js';
import type { Storage, StorageOptions } from './storage.js';

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
