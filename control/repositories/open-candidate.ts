import { CandidateNotInGit } from '../../state/formula/errors.js';
import { parseLocation } from '../../state/formula/repositories/location.js';
import type { Repository } from '../../state/formula/repositories/repository.js';
import { readRepository } from '../../state/model/repositories.js';
import { type Asking, isNameOfRepository } from './open-named.js';
import { withTrust } from './with-trust.js';

/**
 * Opens an open change of a repository: the formulas as they stand in it. No watcher is needed for that, and no forge is
 * asked, only git.
 * @param text as `openNamed` takes it
 * @param key `pr:22`, `branch:foo`
 * @param called the name before the mark of the change, where it is not the repository's own
 * @throws CandidateNotInGit, CandidateNotFound, RepositoryUrlInvalid, RepositoryNotFound, RepositoryUnavailable
 */
export async function openCandidate(
  session: Asking,
  text: string,
  key: string,
  called?: string,
): Promise<Repository> {
  const named = isNameOfRepository(text) ? await readRepository(session.coordinator, text) : undefined;
  const url = named?.url ?? text;
  const location = parseLocation(url);
  if (location.kind !== 'git') throw new CandidateNotInGit({ key, repository: url });
  const name = called ?? named?.name ?? location.name;
  const { openGitCandidate } = await import('../../state/formula/repositories/git-candidate.js');
  const repository = await openGitCandidate({ ...location, name }, key);
  const { trust } = session.environment;
  return trust === undefined ? repository : withTrust(repository, trust);
}
