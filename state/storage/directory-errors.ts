import { EnsembleError } from '../platform/errors.js';
import { thisUser } from '../platform/rights.js';
import { type Denial, explainDenial, notADirectory } from './denied.js';
import { ObjectNotAFile, StorageAccessDenied, StorageFull, StorageUnreachable } from './errors.js';
import { HelperSilent, NotAFile } from './helper.js';
import type { Way } from '../platform/rights.js';

/** The request to the storage directory `root`. */
interface Asked {
  readonly root: string;
  readonly key: string;
  /** The files in which making or removing something begins; without it, the key's file is read. */
  readonly written?: readonly string[];
}

/**
 * Translates an error of the file system under a storage directory for an operator.
 * @param way asks what lies on the way to a path
 */
export async function directoryError(
  error: unknown,
  { root, key, written }: Asked,
  way: (path: string) => Promise<Way>,
): Promise<unknown> {
  if (error instanceof EnsembleError || !(error instanceof Error)) return error;
  const url = `file:${root}`;
  const cause = { cause: error };
  const file = `${root}/${key}`;
  if (error instanceof HelperSilent)
    return new StorageUnreachable(
      {
        storage: url,
        key,
        reason: error.message,
        next: `check the disk or the network mount of ${root}, as with \`timeout 5 ls ${root}\``,
      },
      cause,
    );
  if (error instanceof NotAFile)
    return new ObjectNotAFile({ storage: url, key, file, kind: error.kind }, cause);
  if (!('code' in error) || error.code === undefined)
    return new StorageUnreachable({ storage: url, key, reason: error.message }, cause);
  const wayOf = (path: string): Promise<Way> => way(path).catch(() => ({ steps: [], isWhole: false }));
  switch (error.code) {
    case 'ENOSPC':
      return new StorageFull({ storage: url, key, limit: `the disk of ${root}` }, cause);
    case 'EDQUOT':
      return new StorageFull({ storage: url, key, limit: `this user’s quota on the disk of ${root}` }, cause);
    case 'EROFS':
      return new StorageAccessDenied(
        { storage: url, key, reason: 'its disk is mounted read-only', next: `mount ${root} writable` },
        cause,
      );
    case 'EACCES':
    case 'EPERM': {
      const { reason, next } = await denial(root, written ?? [file], written !== undefined, wayOf);
      return new StorageAccessDenied({ storage: url, key, reason, next }, cause);
    }
    case 'ENOTDIR':
    case 'EEXIST': {
      const { steps } = await wayOf(file);
      const reason = notADirectory(steps, file) ?? 'a file stands where a directory should';
      return new StorageUnreachable({ storage: url, key, reason }, cause);
    }
    default:
      return new StorageUnreachable({ storage: url, key, reason: error.message }, cause);
  }
}

async function denial(
  root: string,
  files: readonly string[],
  isWritten: boolean,
  wayOf: (path: string) => Promise<Way>,
): Promise<Denial> {
  const [toRoot, ...ways] = await Promise.all([root, ...files].map(wayOf));
  const real = toRoot?.isWhole === true ? (toRoot.steps.at(-1)?.path ?? root) : root;
  return explainDenial(
    real,
    ways.map(({ steps }) => steps),
    thisUser(),
    isWritten,
  );
}
