import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrokenCandidate, LocalCandidate, RemoteCandidate } from '../candidate.js';
import { BundleDamaged, NotAFormula, RepositoryNotFound, RepositoryUnavailable } from '../errors.js';
import { defaultLimits } from '../limits.js';
import { httpGet } from './http.js';
import { type IndexEntry, indexFileName, type ReadIndex, readIndex } from './index-document.js';
import { recall, remember } from './remembered.js';
import { type Repository, repositoryOf } from './repository.js';

/** How patient a repository is asked, in milliseconds; the index's size in bytes. */
export interface IndexPatience {
  readonly silence: number;
  /** For the index. */
  readonly wall: number;
  /** For a bundle. */
  readonly bundleWall: number;
  readonly mostIndex: number;
}

const patience: IndexPatience = {
  silence: 30_000,
  wall: 120_000,
  bundleWall: 3_600_000,
  mostIndex: 64 * 1024 ** 2,
};

/**
 * Reads the index of a repository on a web server; an index that did not change is not sent again.
 * @param url with a slash at its end
 * @param now milliseconds since the epoch
 * @throws RepositoryNotFound, RepositoryUnavailable
 */
export async function openIndex(
  { url, name }: { readonly url: string; readonly name: string },
  now: number,
  limits: IndexPatience = patience,
): Promise<Repository> {
  const { text, from } = await fetchIndex(url, limits);
  const index = readIndex(text);
  if ('reason' in index)
    throw new RepositoryNotFound({ path: url, reason: `its ${indexFileName} ${index.reason}` });
  refuseExpired(url, index, now);
  const offered = index.entries.map(({ name: formula, entry }) =>
    candidateOf(url, from, name, formula, entry, limits),
  );
  const seen = new Set<string>();
  const broken: BrokenCandidate[] = index.broken.map(({ name: formula, revision, reason }) => ({
    path: url,
    name: formula,
    ...(revision !== undefined && { revision }),
    error: new NotAFormula({ path: `${url}${indexFileName}: ${formula}`, reason }),
  }));
  const once = offered.filter(({ id }) => {
    const key = `${id.name}-${id.revision}`;
    if (!seen.has(key)) return Boolean(seen.add(key));
    const path = `${url}${indexFileName}: ${key}`;
    broken.push({
      path,
      name: id.name,
      revision: id.revision,
      error: new NotAFormula({ path, reason: 'it is there twice' }),
    });
    return false;
  });
  return repositoryOf(url, name, once, broken);
}

async function fetchIndex(
  url: string,
  { silence, wall, mostIndex }: IndexPatience,
): Promise<{ readonly text: string; readonly from: string }> {
  const known = await recall(url);
  const request = {
    repository: url,
    url: new URL(indexFileName, url).href,
    etag: known?.tag,
    compressed: true,
    limits: { silence, wall, most: mostIndex },
  };
  return httpGet(request, async (answer) => {
    if (answer.kind === 'missing')
      throw new RepositoryNotFound({
        path: url,
        reason: `there is no ${indexFileName}`,
        next: 'make one, in the directory that is served, with: ensemble index DIRECTORY',
      });
    if (answer.kind === 'unchanged') return { text: known?.text ?? '', from: request.url };
    const pieces: Uint8Array[] = [];
    for await (const piece of answer.body) pieces.push(piece);
    const text = Buffer.concat(pieces).toString('utf8');
    if (answer.etag !== undefined && !('reason' in readIndex(text)))
      await remember(url, { tag: answer.etag, text });
    return { text, from: answer.url };
  });
}

function refuseExpired(url: string, { expires }: ReadIndex, now: number): void {
  const until = expires === undefined ? undefined : Date.parse(expires);
  if (until === undefined || until > now) return;
  throw new RepositoryUnavailable({ repository: url, reason: `its index was valid until ${expires}` });
}

function candidateOf(
  repository: string,
  from: string,
  repositoryName: string,
  name: string,
  entry: IndexEntry,
  { silence, bundleWall }: IndexPatience,
): RemoteCandidate {
  const { revision, metadata, config, hooks, size, sha256, withdrawn } = entry;
  const url = URL.canParse(entry.url, from) ? new URL(entry.url, from).href : entry.url;
  return {
    kind: 'remote',
    id: { repository: repositoryName, name, revision },
    path: url,
    metadata,
    config,
    hooks,
    size,
    ...(withdrawn !== undefined &&
      withdrawn !== false && { withdrawn: typeof withdrawn === 'string' ? { why: withdrawn } : {} }),
    fetch: (directory) =>
      fetchBundle(
        {
          repository,
          url,
          compressed: false,
          limits: { silence, wall: bundleWall, most: defaultLimits.maxBytes },
        },
        { sha256, size },
        join(directory, `${name}-${revision}.tar.gz`),
      ),
  };
}

async function fetchBundle(
  request: Parameters<typeof httpGet>[0],
  expected: Pick<IndexEntry, 'sha256' | 'size'>,
  path: string,
): Promise<Pick<LocalCandidate, 'kind' | 'path'>> {
  const { url, repository } = request;
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : ''))
    throw new RepositoryUnavailable({
      repository,
      reason: `its index names ${JSON.stringify(url)}, which is no URL`,
    });
  const limits = { ...request.limits, most: Math.min(request.limits.most, expected.size) };
  return httpGet({ ...request, limits }, async (answer) => {
    if (answer.kind !== 'found')
      throw new RepositoryUnavailable({ repository, reason: `its index names ${url}, which is not there` });
    const hash = createHash('sha256');
    let size = 0;
    const file = await open(path, 'wx', 0o600);
    try {
      for await (const piece of answer.body) {
        hash.update(piece);
        size += piece.length;
        await file.writeFile(piece);
      }
    } finally {
      await file.close();
    }
    if (size !== expected.size || hash.digest('hex') !== expected.sha256)
      throw new BundleDamaged({
        bundle: url,
        reason: 'it is not the one that the index of its repository names',
      });
    return { kind: 'bundle', path };
  });
}
