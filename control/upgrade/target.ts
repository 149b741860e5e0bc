import type { Candidate } from '../../state/formula/candidate.js';
import { candidateOf, isAfter, releaseIn } from '../../state/formula/candidate-mark.js';
import { RevisionNotFound } from '../../state/formula/errors.js';
import type { Formula } from '../../state/formula/formula.js';
import { type FormulaId, formatFormulaId } from '../../state/formula/formula-id.js';
import type { Repository } from '../../state/formula/repositories/repository.js';
import { RevisionOlder } from '../errors.js';
import { choose } from '../newer/choose.js';
import type { Classified, Opinion } from '../newer/classify.js';
import { raiseRevision, underDevelopment } from '../publish/raise-revision.js';

/** Which revision is looked for. */
export interface TargetOptions {
  /** Default: the highest that is not ineligible. */
  readonly revision?: number | undefined;
  /** The highest that is eligible. */
  readonly compatible?: boolean | undefined;
  /** Give the formula under development the next revision first. */
  readonly bump?: boolean | undefined;
  /** Write nothing, not into the formula's directory either. */
  readonly dryRun?: boolean | undefined;
}

/** The goal of an upgrade. */
export interface Target {
  /** Under the name of the repository that the service came from, whichever directory it was found in. */
  readonly id: string;
  /** Where its content lies; undefined where the repository has nothing newer and the service stays as it is. */
  readonly candidate: Candidate | undefined;
  /** What a service remembers the repository by where it was looked for. */
  readonly location: string;
  /** Higher revisions that are not taken, the highest first; none where one was asked for. */
  readonly passedOver: readonly Classified[];
  /** The revision the directory would get, where `--bump` and `--dry-run` were given together. */
  readonly wouldBump?: number;
}

/**
 * Looks for the revision to upgrade to: the one asked for, or the highest that fits. The deployed one itself is a target
 * too, for the units that are not on it.
 * @param open asks the repository
 * @param judge what of these revisions is newer
 * @param accept throws where a formula that is about to get a new revision, of this id, is none to upgrade to
 * @throws RepositoryNotFound, FormulaNotFound, RevisionNotFound, RevisionOlder, BumpNeedsDirectory, …
 */
export async function findTarget(
  service: string,
  deployed: FormulaId,
  open: () => Promise<Repository>,
  options: TargetOptions,
  judge: (offered: readonly Candidate[]) => Promise<Opinion>,
  accept: (id: string, formula: Formula) => Promise<unknown>,
): Promise<Target> {
  let repository = await open();
  let { revision } = options;
  if (options.bump) {
    const bumped = bumpedTarget(deployed, underDevelopment(repository, deployed.name), repository.location);
    if (options.dryRun) return bumped;
    repository = await raiseRevision(repository, deployed.name, (formula) => accept(bumped.id, formula));
    revision = repository.latest(deployed.name).id.revision;
  }
  const { candidate, passedOver } =
    revision === undefined
      ? await newest(deployed, repository, options, judge)
      : { candidate: named(service, deployed, repository, revision), passedOver: [] };
  return {
    id: formatFormulaId(candidate === undefined ? deployed : releaseIn(deployed, candidate.id.revision)),
    location: repository.location,
    candidate,
    passedOver,
  };
}

async function newest(
  deployed: FormulaId,
  repository: Repository,
  { compatible = false }: TargetOptions,
  judge: (offered: readonly Candidate[]) => Promise<Opinion>,
): Promise<Pick<Target, 'candidate' | 'passedOver'>> {
  const latest = repository.latest(deployed.name);
  const offered = repository.revisions(deployed.name);
  const { revision = latest.id.revision } = offered.at(-1)?.id ?? {};
  // The release of what a candidate was comes after it.
  if (!isAfter(releaseIn(deployed, revision), deployed))
    return { candidate: revision < deployed.revision ? undefined : latest, passedOver: [] };
  const choice = choose(await judge(offered), compatible);
  // What is refused for one of these says so itself, with what can be done.
  const [reason] = choice.passedOver[0]?.reasons ?? [];
  if (choice.revision === undefined && !compatible)
    if (reason?.kind === 'reverted' || reason?.kind === 'subordinate')
      return { candidate: latest, passedOver: [] };
  const stays = candidateOf(deployed) === undefined ? deployed.revision : undefined;
  const candidate = offered.find(({ id }) => id.revision === (choice.revision ?? stays));
  return { candidate, passedOver: choice.passedOver };
}

function named(
  service: string,
  deployed: FormulaId,
  repository: Repository,
  revision: number,
): Candidate | undefined {
  if (revision < deployed.revision)
    throw new RevisionOlder({ service, deployed: formatFormulaId(deployed), revision });
  try {
    return repository.find(deployed.name, revision);
  } catch (error) {
    // The deployed formula is published, so it is needed in the repository no longer.
    const isDeployed = revision === deployed.revision && candidateOf(deployed) === undefined;
    if (error instanceof RevisionNotFound && isDeployed) return undefined;
    throw error;
  }
}

function bumpedTarget(deployed: FormulaId, candidate: Candidate, location: string): Target {
  const wouldBump = candidate.id.revision + 1;
  return {
    id: formatFormulaId(releaseIn(deployed, wouldBump)),
    candidate,
    location,
    passedOver: [],
    wouldBump,
  };
}
