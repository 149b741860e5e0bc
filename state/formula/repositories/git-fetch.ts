import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RepositoryNotFound } from '../errors.js';
import { whenProcess } from '../../platform/when-process.js';
import { formatBytes } from '../../platform/format-bytes.js';
import type { GitLocation } from './git-location.js';
import type { GitStore } from './git-objects.js';
import { type GitLimits, runGit } from './git-process.js';

/** Something that a repository of git's names. */
export interface GitRef {
  /** In full: `HEAD`, `refs/heads/main`, `refs/tags/mysql-12`. */
  readonly name: string;
  /** The id of the commit. */
  readonly sha: string;
}

/** The commits that a location and the branches `candidate/*` of its repository name. */
export interface GitHeads {
  readonly head: GitRef;
  readonly candidates: readonly GitRef[];
}

/** The meaning of the location, the branches of candidates, and the tags, in the order of git. */
interface GitRefs extends GitHeads {
  readonly tags: readonly GitRef[];
}

/** How the names of branches begin that only propose something. */
export const CANDIDATE_BRANCHES = 'refs/heads/candidate/';

/** Asks which commits there are; nothing is fetched. @throws RepositoryNotFound, RepositoryUnavailable */
export async function askRefs(location: GitLocation, limits: GitLimits): Promise<GitRefs> {
  const { ref, remote } = location;
  const wanted = ref === undefined ? ['HEAD'] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
  const listed = await listRefs(location, [...wanted, 'refs/tags/*', `${CANDIDATE_BRANCHES}*`], limits);
  const refs = new Map(listed.map(({ name, sha }) => [name, sha]));
  const tags = listed.filter(({ name }) => name.startsWith('refs/tags/'));
  const candidates = listed.filter(({ name }) => name.startsWith(CANDIDATE_BRANCHES));
  for (const name of wanted) {
    const sha = refs.get(name);
    if (sha !== undefined) return { head: { name, sha }, tags, candidates };
  }
  // A commit is named by all of its digits; whether it is there turns out when it is fetched.
  if (ref !== undefined && /^[0-9a-f]{40}$/.test(ref))
    return { head: { name: ref, sha: ref }, tags, candidates };
  // A page in the place of a repository, as where somebody has to sign in, reads like one without a ref.
  const none = remote.startsWith('http')
    ? 'it shows no commit: it has none yet, or what answers there is no git'
    : 'it has no commit yet';
  throw new RepositoryNotFound({
    path: location.url,
    reason: ref === undefined ? none : `it has no branch and no tag ${ref}`,
    next: `see what it has with: git ls-remote ${remote}`,
  });
}

/** The first of these refs that there is, in full; undefined where there is none. @throws as `askRefs` */
export async function findRef(
  location: GitLocation,
  names: readonly string[],
  limits: GitLimits,
): Promise<GitRef | undefined> {
  const refs = await listRefs(location, names, limits);
  return names.flatMap((name) => refs.find((ref) => ref.name === name) ?? [])[0];
}

/** What the repository has of these refs, in which `*` stands for anything. @throws as `askRefs` */
async function listRefs(
  location: GitLocation,
  patterns: readonly string[],
  limits: GitLimits,
): Promise<readonly GitRef[]> {
  const printed = await runGit({
    location,
    limits,
    arguments: ['ls-remote', '--quiet', '--', location.remote, ...patterns],
  });
  const refs = new Map<string, string>();
  for (const line of printed.toString('utf8').split('\n')) {
    const [sha = '', name = ''] = line.split('\t');
    // After a tag with a message comes the object that it names.
    if (/^[0-9a-f]{40,64}$/.test(sha) && name !== '') refs.set(name.replace(/\^\{\}$/, ''), sha);
  }
  return [...refs].map(([name, sha]) => ({ name, sha }));
}

/**
 * Fetches these commits, without their history, into a repository of its own that is gone afterwards: so no lock and no
 * half of a fetch is ever left to be met again.
 */
export async function withFetched<T>(
  location: GitLocation,
  refs: readonly GitRef[],
  limits: GitLimits,
  work: (store: GitStore) => Promise<T>,
): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'ensemble-git-'));
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  const forget = whenProcess('exit', remove);
  try {
    await runGit({
      location,
      limits,
      directory,
      arguments: ['init', '--quiet', '--bare', '--template=', '.'],
    });
    await runGit({
      location,
      limits,
      directory,
      arguments: [
        'fetch',
        '--progress',
        '--depth=1',
        '--no-tags',
        '--no-write-fetch-head',
        '--stdin',
        '--',
        location.remote,
      ],
      input: refs.map(({ name }, index) => `+${name}:refs/fetched/${index}\n`).join(''),
      tooMuch: () => {
        const size = packedSize(directory);
        return size > limits.mostFetched
          ? `what it sends is more than ${formatBytes(limits.mostFetched)}`
          : undefined;
      },
    });
    return await work({ location, directory, limits });
  } finally {
    forget();
    remove();
  }
}

/** The commits that were fetched, in the order of the refs. */
export async function fetchedCommits(
  { location, directory, limits }: GitStore,
  count: number,
): Promise<readonly string[]> {
  const printed = await runGit({
    location,
    limits,
    directory,
    arguments: ['cat-file', '--batch-check=%(objectname)'],
    input: Array.from({ length: count }, (_, index) => `refs/fetched/${index}^{commit}\n`).join(''),
  });
  return printed.toString().trim().split('\n');
}

function packedSize(directory: string): number {
  const packs = join(directory, 'objects/pack');
  try {
    return readdirSync(packs).reduce(
      (sum, name) => sum + (statSync(join(packs, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  } catch {
    return 0;
  }
}
