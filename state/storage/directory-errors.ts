import { EnsembleError } from '../errors.js';
import { HelperSilent } from './helper.js';
import { StorageAccessDenied, StorageFull, StorageUnreachable } from './errors.js';

/** What an error of the file system under the storage directory `root` means to an operator. */
export function directoryError(error: unknown, root: string, key: string): unknown {
  if (error instanceof EnsembleError || !(error instanceof Error)) return error;
  const url = `file:${root}`;
  const cause = { cause: error };
  if (error instanceof HelperSilent)
    return new StorageUnreachable(url, key, error.message, {
      ...cause,
      next: `check the disk or the network mount of ${root}, as with \`timeout 5 ls ${root}\``,
    });
  if (!('code' in error) || error.code === undefined)
    return new StorageUnreachable(url, key, error.message, cause);
  switch (error.code) {
    case 'ENOSPC':
      return new StorageFull(url, key, `the disk of ${root}`, cause);
    case 'EDQUOT':
      return new StorageFull(url, key, `this user’s quota on the disk of ${root}`, cause);
    case 'EROFS':
      return new StorageAccessDenied(
        url,
        key,
        'its disk is mounted read-only',
        `mount ${root} writable`,
        cause,
      );
    case 'EACCES':
    case 'EPERM':
      return new StorageAccessDenied(
        url,
        key,
        'this user lacks the permission',
        `run the command as the user who owns ${root}`,
        cause,
      );
    case 'ENOTDIR':
    case 'EEXIST':
      return new StorageUnreachable(url, key, 'a file stands where a directory should', cause);
    default:
      return new StorageUnreachable(url, key, error.message, cause);
  }
}
