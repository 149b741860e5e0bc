import type { BrokenCandidate, RemoteCandidate } from '../candidate.js';
import { NotAFormula, RepositoryNotFound } from '../errors.js';
import { IndexExpired } from '../trust/errors.js';
import { type IndexEntry, INDEX_FILE_NAME, type ReadIndex, readIndex } from './index-document.js';
import { type Repository, repositoryOf } from './repository.js';

/** Where a bundle lies, and how it is brought here. */
export type Fetching = Pick<RemoteCandidate, 'path' | 'fetch'>;

/**
 * The offers of an index. An entry that cannot be read, or is there twice, spoils no other.
 * @param location of the repository, as it is remembered
 * @param now milliseconds since the epoch
 * @param fetching how the bundle of an entry is fetched
 * @throws RepositoryNotFound if the text is no index, IndexExpired
 */
export function repositoryOfIndex(
  location: string,
  name: string,
  text: string,
  now: number,
  fetching: (formula: string, entry: IndexEntry) => Fetching,
): Repository {
  const index = readIndex(text);
  if ('reason' in index)
    throw new RepositoryNotFound({
      path: location,
      reason: `its ${INDEX_FILE_NAME} ${index.reason}`,
      next: index.isNewer
        ? 'install the newer Ensemble'
        : 'check the URL; the index of a directory is written by: ensemble index DIRECTORY',
    });
  refuseExpired(location, index, now);
  const place = (what: string): string => `${location.replace(/\/?$/, '/')}${INDEX_FILE_NAME}: ${what}`;
  const problems: BrokenCandidate[] = index.broken.map(({ name: formula, revision, reason }) => ({
    path: location,
    name: formula,
    ...(revision !== undefined && { revision }),
    error: new NotAFormula({ path: place(formula), reason }),
  }));
  const offered = new Map<string, RemoteCandidate>();
  for (const { name: formula, entry } of index.entries) {
    const key = `${formula}-${entry.revision}`;
    if (!offered.has(key)) offered.set(key, candidateOf(name, formula, entry, fetching(formula, entry)));
    else
      problems.push({
        path: location,
        name: formula,
        revision: entry.revision,
        error: new NotAFormula({ path: place(key), reason: 'it is there twice' }),
      });
  }
  return repositoryOf(location, name, [...offered.values()], problems);
}

function candidateOf(
  repository: string,
  name: string,
  { revision, metadata, config, hooks, size, sha256, signature, withdrawn = false }: IndexEntry,
  fetching: Fetching,
): RemoteCandidate {
  return {
    kind: 'remote',
    id: { repository, name, revision },
    metadata,
    config,
    hooks,
    size,
    sha256,
    ...(signature !== undefined && { signature }),
    ...(withdrawn !== false && { withdrawn: typeof withdrawn === 'string' ? { why: withdrawn } : {} }),
    ...fetching,
  };
}

function refuseExpired(repository: string, { expires }: ReadIndex, now: number): void {
  // A text that is no time counts as a time that is over.
  if (expires === undefined || Date.parse(expires) > now) return;
  throw new IndexExpired({ repository, expires });
}
