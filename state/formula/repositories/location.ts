import { fileURLToPath } from 'node:url';
import { StorageUrlInvalid } from '../../storage/errors.js';
import { parseS3Url } from '../../storage/s3-url.js';
import { RepositoryUrlInvalid } from '../errors.js';
import { isRepositoryName } from '../formula-id.js';
import { type GitLocation, parseGitLocation } from './git-location.js';

/** Where a repository is, and of which kind it is. */
export type Location =
  | { readonly kind: 'directory'; readonly path: string }
  /** `url` ends in a slash; `index.json` lies there. */
  | { readonly kind: 'index'; readonly url: string; readonly name: string }
  /** `url` as a storage's: `s3://bucket/prefix?region=…`. */
  | { readonly kind: 'bucket'; readonly url: string; readonly name: string }
  | GitLocation;

/**
 * Reads what operators write for a repository: a path, or a URL. Secrets are refused, wherever they stand in a URL, and
 * not repeated: it is remembered by the service, and shown.
 * @throws RepositoryUrlInvalid
 */
export function parseLocation(text: string): Location {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme?.startsWith('git+')) return parseGitLocation(text);
  switch (scheme) {
    case undefined:
      return { kind: 'directory', path: text };
    case 'file':
      return { kind: 'directory', path: pathOfFile(text) };
    case 'http':
    case 'https':
      return indexLocation(text);
    case 's3':
      return bucketLocation(text);
    default:
      // A directory may be called `a:b`; what has slashes behind the colon was meant as a URL.
      if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return { kind: 'directory', path: text };
      throw new RepositoryUrlInvalid({
        url: `${scheme}:…`,
        reason: `there are no repositories of the kind ${scheme}; there are directories, file:, http:, https:, s3: and git+https:`,
      });
  }
}

function pathOfFile(text: string): string {
  try {
    return fileURLToPath(text.startsWith('file:/') ? text : `file://${encodeURI(text.slice(5))}`);
  } catch {
    throw new RepositoryUrlInvalid({
      url: text,
      reason: 'it names no file of this machine',
      next: 'write the path of the directory, as it is',
    });
  }
}

function indexLocation(text: string): Location {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined)
    throw new RepositoryUrlInvalid({ url: 'https:…', reason: 'it cannot be read as a URL' });
  const plain = `${url.protocol}//${url.host}${url.pathname}`;
  refuseSecrets(url, plain);
  if (url.search !== '' || url.hash !== '')
    throw new RepositoryUrlInvalid({ url: plain, reason: 'it must hold no ? and no #' });
  const path = url.pathname.replace(/\/index\.json$/, '/').replace(/\/{2,}/g, '/');
  const directory = path.endsWith('/') ? path : `${path}/`;
  const name = decoded(directory.split('/').at(-2) || url.hostname);
  if (!isRepositoryName(name))
    throw new RepositoryUrlInvalid({
      url: plain,
      reason: 'the last part of its path cannot be part of a formula id',
    });
  return { kind: 'index', url: `${url.protocol}//${url.host}${directory}`, name };
}

function bucketLocation(text: string): Location {
  try {
    const { url, bucket, prefix } = parseS3Url(text);
    const name = prefix.split('/').at(-1) || bucket;
    return { kind: 'bucket', url, name };
  } catch (error) {
    if (!(error instanceof StorageUrlInvalid)) throw error;
    throw new RepositoryUrlInvalid(
      { url: error.url, reason: error.reason, next: 'write it like s3://BUCKET/PREFIX?region=REGION' },
      { cause: error },
    );
  }
}

function refuseSecrets(url: URL, plain: string): void {
  if (url.username === '' && url.password === '') return;
  throw new RepositoryUrlInvalid({
    url: plain,
    reason: 'a user or password must not stand in it, as it is remembered and shown',
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
