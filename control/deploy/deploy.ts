import type { Coordinator } from '../../state/coordination/coordinator.js';
import type { Candidate } from '../../state/formula/candidate.js';
import { plainRepository } from '../../state/formula/candidate-mark.js';
import type { Formula } from '../../state/formula/formula.js';
import { formatFormulaId } from '../../state/formula/formula-id.js';
import { publishable } from '../../state/formula/publishable.js';
import { releaseOf } from '../../state/formula/release.js';
import type { Repository } from '../../state/formula/repositories/repository.js';
import { readEntity } from '../../state/model/entity.js';
import { ServiceDestroying, ServiceExists, ServiceNotFound } from '../../state/model/errors.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { paths } from '../../state/model/paths.js';
import { requireOpenMachine } from '../../state/model/placement.js';
import type { Requester } from '../../state/model/requester.js';
import { type ConfigValues, type Service, serviceSchema } from '../../state/model/service-schemas.js';
import { createService, requireService, unitsOfService } from '../../state/model/services.js';
import { EnsembleError } from '../../state/platform/errors.js';
import { UnitsNotAdded } from '../errors.js';
import { type PublishEvent, publish, recordRestored } from '../publish/publish.js';
import { raiseRevision, refuseRaisedUnsigned } from '../publish/raise-revision.js';
import { withWorkDirectory } from '../publish/work-directory.js';
import { openCandidate } from '../repositories/open-candidate.js';
import { openNamed } from '../repositories/open-named.js';
import type { Session } from '../session.js';
import { requireStaying } from '../require-staying.js';
import { makeUnits } from './make-units.js';
import { requireSameDeploy, runsAnother, type WantedDeploy } from './same-deploy.js';

/** A request to deploy a formula. */
export interface DeployRequest {
  readonly service: string;
  /** Its name. */
  readonly formula: string;
  /** Default: the highest that is no prerelease; where there are only such, the highest of these. */
  readonly revision: number | undefined;
  /** The repository to find it in: a path, a URL, or the name that the environment has for one. */
  readonly repository: string;
  /** An open change of the repository, `pr:22` or `branch:foo`, from which it is taken. */
  readonly candidate?: string | undefined;
  /** Give the formula under development the next revision first. */
  readonly raise: boolean;
  /** Default: 1, and none of a subordinate. */
  readonly units: number | undefined;
  /** Where all of them go; undefined leaves that to Ensemble. */
  readonly machine: string | undefined;
  /**
   * The values that the service begins with. Throws where the formula cannot be deployed as it was asked.
   * @param what the formula's id or name
   */
  readonly configOf: (what: string, formula: Formula) => Promise<ConfigValues>;
  readonly by: Requester;
}

/** The events while a formula is deployed. */
export type DeployEvent =
  | PublishEvent
  /** The service is what this request would make of it. */
  | { readonly kind: 'stood' }
  /** An earlier deploy, with these very words, was interrupted. */
  | { readonly kind: 'goes-on'; readonly made: number; readonly units: number };

/** A service as a deploy left it; its units start by themselves. */
export interface Deployed {
  /** The formula's id. */
  readonly formula: string;
  /** As the service remembers it. */
  readonly repository: string;
  readonly subordinate: boolean;
  /** It was there before, with all its units. */
  readonly stood: boolean;
  readonly units: readonly string[];
}

/**
 * Deploys a formula as a service. Everything that can be wrong is looked at before the service is made, and the
 * service says which units are to be made of it, so that after an interruption at any moment the same request goes on. A
 * service that is already what this request would make of it is left as it is; so is any other of that name.
 * @param now milliseconds since the epoch
 * @throws ServiceExists, ServiceDestroying, MachineNotFound, MachineCordoned, UnitsNotAdded; as `openRepository`,
 *   `raiseRevision`, `publish` and `configOf`
 */
export async function deployFormula(
  session: Session,
  request: DeployRequest,
  now: number,
  tell: (event: DeployEvent) => void,
): Promise<Deployed> {
  const { coordinator } = session;
  const standing = await findService(coordinator, request.service);
  if (standing === undefined && request.machine !== undefined)
    await requireOpenMachine(coordinator, request.machine);
  if (request.raise && standing === undefined) refuseRaisedUnsigned(session, request.formula);
  const repository = await repositoryOf(session, request, standing);
  const candidate = candidateIn(repository, request);
  const formula = formatFormulaId(candidate.id);
  if (standing !== undefined && standing.formula !== formula)
    throw runsAnother(request.service, standing, formula);
  const made = await makeService(session, request, repository, candidate, standing, now, tell);
  return {
    formula,
    repository: repository.location,
    ...made,
    units: await makeDeployedUnits(session, request, now),
  };
}

/** @throws ServiceDestroying */
export async function findService(coordinator: Coordinator, name: string): Promise<Service | undefined> {
  const standing = (await readEntity(coordinator, paths.service(name), serviceSchema))?.value;
  if (standing?.destroying) throw new ServiceDestroying({ service: name });
  return standing;
}

async function repositoryOf(
  session: Session,
  { formula, raise, configOf, ...request }: DeployRequest,
  standing: Service | undefined,
): Promise<Repository> {
  const found = await openWanted(session, request);
  // Where the service stands, the revision was raised for it.
  if (!raise || standing !== undefined) return found;
  return raiseRevision(found, formula, (raised) => configOf(formula, raised));
}

/** Opens the repository that a deploy names, or an open change of it. @throws as `openNamed` and `openCandidate` */
export function openWanted(
  session: Session,
  { repository, candidate }: Pick<DeployRequest, 'repository' | 'candidate'>,
): Promise<Repository> {
  return candidate === undefined
    ? openNamed(session, repository)
    : openCandidate(session, repository, candidate);
}

/** The revision that is asked for, or the one that is taken where none is. @throws as `Repository.latest` and `find` */
export function candidateIn(repository: Repository, { formula, revision, raise }: DeployRequest): Candidate {
  if (revision !== undefined) return repository.find(formula, revision);
  const latest = repository.latest(formula);
  // What is raised is meant, whatever it says of itself.
  if (raise) return latest;
  const released = repository
    .revisions(formula)
    .findLast(({ metadata, withdrawn }) => withdrawn === undefined && !releaseOf(metadata).prerelease);
  return released ?? latest;
}

/** Makes the service, unless it stands as this very request makes it. @throws ServiceExists */
async function makeService(
  session: Session,
  request: DeployRequest,
  { name, location }: Repository,
  candidate: Candidate,
  standing: Service | undefined,
  now: number,
  tell: (event: DeployEvent) => void,
): Promise<Pick<Deployed, 'subordinate' | 'stood'>> {
  const { service, machine, configOf } = request;
  return withWorkDirectory(async (directory) => {
    const formula = formatFormulaId(candidate.id);
    const prepared = await publishable(candidate, directory, tell, session.environment.trust);
    const { subordinate } = prepared.formula.metadata;
    const wanted: WantedDeploy = {
      formula,
      prepared,
      // The service came from the repository, and looks there for the release.
      repository: { name: plainRepository({ repository: name }), path: location },
      config: await configOf(formula, prepared.formula),
      units: subordinate ? undefined : (request.units ?? 1),
      machine,
    };
    if (standing === undefined) {
      try {
        await publishAndCreate(session, request, wanted, now, tell);
        return { subordinate, stood: false };
      } catch (error) {
        // Another one may have been faster, and even with the same.
        if (!(error instanceof ServiceExists)) throw error;
      }
    }
    const existing = standing ?? (await findService(session.coordinator, service));
    if (existing === undefined) throw new ServiceNotFound({ service, known: [] });
    const there = await requireSameDeploy(session, service, existing, wanted);
    const { deploying } = existing;
    if (deploying === undefined) tell({ kind: 'stood' });
    else tell({ kind: 'goes-on', made: there.length, units: deploying.units });
    return { subordinate, stood: deploying === undefined };
  });
}

async function publishAndCreate(
  session: Session,
  { service, by }: DeployRequest,
  { formula, prepared, repository, config, units = 0, machine }: WantedDeploy,
  now: number,
  tell: (event: DeployEvent) => void,
): Promise<void> {
  const message = `${units} unit${units === 1 ? '' : 's'}`;
  const asked = requestEntry(by, { what: 'deploy', to: formula, message });
  const deploying = { units, ...(machine !== undefined && { machine }) };
  const take = (): Promise<void> =>
    createService(session.coordinator, service, { formula, repository, deploying }, config, asked, true);
  const isRestored = await publish(session, formula, prepared, now, tell, take, repository.path);
  if (isRestored) await recordRestored(session, formula, by);
}

/** @returns the units that there are by now */
async function makeDeployedUnits(
  { coordinator }: Session,
  { service }: DeployRequest,
  now: number,
): Promise<readonly string[]> {
  try {
    const { value } = await requireService(coordinator, service);
    if (value.destroying) throw new ServiceDestroying({ service });
    if (value.deploying !== undefined) {
      await requireStaying(coordinator, service);
      await makeUnits(coordinator, service, value.deploying.first, { now: new Date(now).toISOString() });
    }
  } catch (error) {
    if (!(error instanceof EnsembleError)) throw error;
    throw new UnitsNotAdded({ service, reason: error.message }, { cause: error });
  }
  return unitsOfService(coordinator, service);
}
