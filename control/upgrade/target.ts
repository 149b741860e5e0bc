import type { Candidate } from '../../state/formula/candidate.js';
import { RevisionNotFound } from '../../state/formula/errors.js';
import type { Formula } from '../../state/formula/formula.js';
import { type FormulaId, formatFormulaId } from '../../state/formula/formula-id.js';
import { openRepository, type Repository } from '../../state/formula/repository.js';
import { RevisionOlder } from '../errors.js';
import { raiseRevision, underDevelopment } from '../publish/raise-revision.js';

/** Which revision is looked for. */
export interface TargetOptions {
  /** Default: the highest there is. */
  readonly revision?: number | undefined;
  /** Give the formula under development the next revision first. */
  readonly bump?: boolean | undefined;
  /** Write nothing, not into the formula's directory either. */
  readonly dryRun?: boolean | undefined;
}

/** What an upgrade goes to. */
export interface Target {
  /** Under the name of the repository that the service came from, whichever directory it was found in. */
  readonly id: string;
  /** Where its content lies; undefined where the repository has nothing newer and the service stays as it is. */
  readonly candidate: Candidate | undefined;
  /** The revision the directory would get, where `--bump` and `--dry-run` were given together. */
  readonly wouldBump?: number;
}

/**
 * Looks for the revision to upgrade to: the one asked for, or the highest. The deployed one itself is a target too,
 * for the units that are not on it.
 * @param accept throws where a formula that is about to get a new revision, of this id, is none to upgrade to
 * @throws RepositoryNotFound, FormulaNotFound, RevisionNotFound, RevisionOlder, BumpNeedsDirectory, …
 */
export async function findTarget(
  service: string,
  deployed: FormulaId,
  repositoryPath: string,
  options: TargetOptions,
  accept: (id: string, formula: Formula) => Promise<unknown>,
): Promise<Target> {
  let repository = await openRepository(repositoryPath);
  if (options.bump) {
    const bumped = bumpedTarget(deployed, underDevelopment(repository, deployed.name));
    if (options.dryRun) return bumped;
    repository = await raiseRevision(repository, deployed.name, (formula) => accept(bumped.id, formula));
  }
  const candidate = chosen(service, deployed, repository, options.revision);
  const revision = candidate?.id.revision ?? deployed.revision;
  return { id: formatFormulaId({ ...deployed, revision }), candidate };
}

function chosen(
  service: string,
  deployed: FormulaId,
  repository: Repository,
  revision: number | undefined,
): Candidate | undefined {
  if (revision === undefined) {
    const latest = repository.latest(deployed.name);
    return latest.id.revision < deployed.revision ? undefined : latest;
  }
  if (revision < deployed.revision)
    throw new RevisionOlder({ service, deployed: formatFormulaId(deployed), revision });
  try {
    return repository.find(deployed.name, revision);
  } catch (error) {
    // What is deployed is published, so it is needed in the repository no longer.
    if (error instanceof RevisionNotFound && revision === deployed.revision) return undefined;
    throw error;
  }
}

function bumpedTarget(deployed: FormulaId, candidate: Candidate): Target {
  const wouldBump = candidate.id.revision + 1;
  return { id: formatFormulaId({ ...deployed, revision: wouldBump }), candidate, wouldBump };
}
