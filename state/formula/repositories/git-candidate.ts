import { markRepository } from '../candidate-mark.js';
import { CandidateNotFound } from '../errors.js';
import { assemble, formulasAt } from './git.js';
import { findRef } from './git-fetch.js';
import type { GitLocation } from './git-location.js';
import { type GitLimits, gitLimits } from './git-process.js';
import type { Repository } from './repository.js';

/**
 * Asks a repository of git's for the formulas in one open change, as it stands now. Nobody else needs to be asked: a pull
 * or merge request has a ref there, and a branch is one.
 * @param key `pr:22`, or `branch:foo` for the branch `candidate/foo`
 * @returns a repository that stands where the location does, with the change in its name
 * @throws CandidateNotFound, RepositoryNotFound, RepositoryUnavailable
 */
export async function openGitCandidate(
  location: GitLocation,
  key: string,
  limits: GitLimits = gitLimits,
): Promise<Repository> {
  const refs = refsOf(key);
  const ref = await findRef(location, refs, limits);
  const { url, remote } = location;
  if (ref === undefined)
    throw new CandidateNotFound({ key, repository: url, remote, ref: refs.join(' and no ') });
  const found = await formulasAt(location, [ref], limits, `${url} ${ref.name}`);
  // It may have moved since the ref was asked for.
  const commit = found[0]?.ref.sha ?? ref.sha;
  const name = markRepository(location.name, { key, commit });
  return assemble({ ...location, name }, found, limits, { key, commit, ref: ref.name, repository: url });
}

/** The refs that a change may have, by the kind of forge: GitHub's and those like it, GitLab's. */
export function refsOf(key: string): readonly string[] {
  const [kind = '', ...name] = key.split(':');
  return kind === 'pr'
    ? [`refs/pull/${name.join(':')}/head`, `refs/merge-requests/${name.join(':')}/head`]
    : [`refs/heads/candidate/${name.join(':')}`];
}
