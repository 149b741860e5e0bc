import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalCandidate } from '../candidate.js';
import { BundleDamaged, RepositoryNotFound, RepositoryUnavailable } from '../errors.js';
import { defaultLimits } from '../limits.js';
import { LARGEST_SIGNATURE } from '../trust/statement.js';
import { httpGet } from './http.js';
import { type IndexEntry, INDEX_FILE_NAME, readIndex } from './index-document.js';
import { type IndexJudge, INDEX_SIGNATURE_FILE_NAME, judged } from './index-judge.js';
import { type Fetching, repositoryOfIndex } from './index-offers.js';
import { recall, remember } from './remembered.js';
import type { Repository } from './repository.js';

/** How patient a repository is asked, in milliseconds; the index's size in bytes. */
export interface IndexPatience {
  readonly silence: number;
  /** For the index. */
  readonly wall: number;
  /** For a bundle. */
  readonly bundleWall: number;
  readonly mostIndex: number;
  /** Ends the asking for the index at once. */
  readonly signal?: AbortSignal;
}

export const indexPatience: IndexPatience = {
  silence: 30_000,
  wall: 120_000,
  bundleWall: 3_600_000,
  mostIndex: 64 * 1024 ** 2,
};

/**
 * Reads the index of a repository on a web server; an index that did not change is not sent again.
 * @param url with a slash at its end
 * @param now milliseconds since the epoch
 * @param judge looks at it before it is believed
 * @param known what it was when it was asked last: given back as it is where nothing changed since
 * @throws RepositoryNotFound, RepositoryUnavailable, IndexExpired, what `judge` throws
 */
export async function openIndex(
  { url, name }: { readonly url: string; readonly name: string },
  now: number,
  judge?: IndexJudge,
  limits: IndexPatience = indexPatience,
  known?: Repository,
): Promise<Repository> {
  const { text, from } = await judged(
    url,
    judge,
    (anew) => fetchIndex(url, limits, anew),
    () => fetchSignature(url, limits),
  );
  const validator = createHash('sha256').update(`${from}\n${text}`).digest('hex');
  if (known?.validator === validator && !mayExpire(text)) return known;
  const repository = repositoryOfIndex(url, name, text, now, (formula, entry) =>
    fetchOf(url, from, formula, entry, limits),
  );
  return { ...repository, validator };
}

/** Then time alone may change what it offers. */
function mayExpire(text: string): boolean {
  return text.includes('"expires"');
}

async function fetchIndex(
  url: string,
  { silence, wall, mostIndex, signal }: IndexPatience,
  anew: boolean,
): Promise<{ readonly text: string; readonly from: string }> {
  const known = anew ? undefined : await recall(url);
  const request = {
    repository: url,
    url: new URL(INDEX_FILE_NAME, url).href,
    etag: known?.tag,
    compressed: true,
    signal,
    limits: { silence, wall, most: mostIndex },
  };
  return httpGet(request, async (answer) => {
    if (answer.kind === 'missing')
      throw new RepositoryNotFound({
        path: url,
        reason: `there is no ${INDEX_FILE_NAME}`,
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

async function fetchSignature(
  url: string,
  { silence, wall, signal }: IndexPatience,
): Promise<string | undefined> {
  const request = {
    repository: url,
    url: new URL(INDEX_SIGNATURE_FILE_NAME, url).href,
    compressed: true,
    signal,
    limits: { silence, wall, most: LARGEST_SIGNATURE },
  };
  return httpGet(request, async (answer) => {
    if (answer.kind !== 'found') return undefined;
    const pieces: Uint8Array[] = [];
    for await (const piece of answer.body) pieces.push(piece);
    return Buffer.concat(pieces).toString('latin1');
  });
}

function fetchOf(
  repository: string,
  from: string,
  name: string,
  { url: relative, size, sha256, revision }: IndexEntry,
  { silence, bundleWall }: IndexPatience,
): Fetching {
  const url = URL.canParse(relative, from) ? new URL(relative, from).href : relative;
  const limits = { silence, wall: bundleWall, most: defaultLimits.maxBytes };
  return {
    path: url,
    fetch: (directory) =>
      fetchBundle(
        { repository, url, compressed: false, limits },
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
