import { understand } from '../candidate.js';
import { essentialsOf, formulasIn } from './git.js';
import { fetchedCommits, type GitRef, withFetched } from './git-fetch.js';
import type { GitLocation } from './git-location.js';
import { type GitStore, listObjects, readObjects, type TreeEntry } from './git-objects.js';
import type { GitLimits } from './git-process.js';

/** Characters of a commit's message that are read. */
const LONGEST_MESSAGE = 65_536;

/** A formula in a commit, as far as commits are compared by it. */
export interface ProposedFormula {
  readonly name: string;
  readonly revision: number;
  /** The same for the same files. */
  readonly tree: string;
}

/** The formulas at a ref. */
export interface Proposal {
  readonly ref: string;
  readonly commit: string;
  /** When it was committed, as its author's machine said; milliseconds since the epoch. */
  readonly committedAt: number;
  /** What its author said of it; the beginning of it where that is long. */
  readonly message: string;
  /** The proposals that can be read. */
  readonly formulas: readonly ProposedFormula[];
}

/**
 * Fetches refs, all at once and without their history, and looks which formulas are there. A ref whose commit lacks the
 * location's folder has none.
 * @throws RepositoryNotFound, RepositoryUnavailable
 */
export async function proposalsAt(
  location: GitLocation,
  refs: readonly GitRef[],
  limits: GitLimits,
): Promise<readonly Proposal[]> {
  if (refs.length === 0) return [];
  return withFetched(location, refs, limits, async (store) => {
    const commits = await fetchedCommits(store, refs.length);
    const said = await readCommits(store, commits);
    const found: Proposal[] = [];
    for (const [index, { name }] of refs.entries()) {
      const commit = commits[index] ?? '';
      const entries = (await listObjects(store, `${commit}:${location.path}`)) ?? [];
      const formulas = await formulasOf(location, store, { name, sha: commit }, entries);
      found.push({ ref: name, commit, committedAt: 0, message: '', ...said[index], formulas });
    }
    return found;
  });
}

async function formulasOf(
  location: GitLocation,
  store: GitStore,
  ref: GitRef,
  entries: readonly TreeEntry[],
): Promise<readonly ProposedFormula[]> {
  const formulas: ProposedFormula[] = [];
  for (const found of await formulasIn(store, ref, entries)) {
    const said = await understand(found.folder, location.name, async () => essentialsOf(found.folder, found));
    if ('error' in said) continue;
    formulas.push({ name: said.id.name, revision: said.id.revision, tree: found.content });
  }
  return formulas;
}

async function readCommits(
  store: GitStore,
  commits: readonly string[],
): Promise<readonly Pick<Proposal, 'committedAt' | 'message'>[]> {
  const objects = await readObjects(store, commits);
  return objects.map((bytes) => {
    const text = bytes.toString('utf8');
    // After the headers comes an empty line.
    const [headers = ''] = text.split('\n\n', 1);
    const [, seconds = '0'] = /^committer .* (\d{1,12}) [+-]\d{4}$/m.exec(headers) ?? [];
    const message = text.slice(headers.length + 2, headers.length + 2 + LONGEST_MESSAGE);
    return { committedAt: Number(seconds) * 1_000, message };
  });
}
