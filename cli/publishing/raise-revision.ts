import { bumpRevision } from '../../state/formula/bump.js';
import type { Candidate } from '../../state/formula/candidate.js';
import { openRepository, type Repository } from '../../state/formula/repository.js';
import { BumpNeedsDirectory } from '../errors.js';

/**
 * The highest revision of a formula, whose files can be written.
 * @throws FormulaNotFound, BumpNeedsDirectory where it is a bundle
 */
export function underDevelopment(repository: Repository, formula: string): Candidate {
  const latest = repository.latest(formula);
  if (latest.kind !== 'directory') throw new BumpNeedsDirectory(latest.path);
  return latest;
}

/**
 * Raises the revision of a formula under development by one, and gives the repository as it is then.
 * @throws as `underDevelopment` and `bumpRevision`
 */
export async function raiseRevision(repository: Repository, formula: string): Promise<Repository> {
  await bumpRevision(underDevelopment(repository, formula).path);
  return openRepository(repository.path);
}
