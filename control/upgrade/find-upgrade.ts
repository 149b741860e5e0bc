import { parseFormulaId } from '../../state/formula/formula-id.js';
import type { Formula } from '../../state/formula/formula.js';
import type { RolloutParameters } from '../../state/formula/rollout-parameters.js';
import { ServiceDestroying, UnitNotFound } from '../../state/model/errors.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import { isOpen, readRollout } from '../../state/model/rollout.js';
import type { Service } from '../../state/model/service-schemas.js';
import { requireService, unitsOfService } from '../../state/model/services.js';
import { RelationsInUse, RevisionUnnamed, UnitOfOtherService } from '../errors.js';
import { holdQuestion, requireNotHeld } from '../hold/held-back.js';
import { readStanding } from '../newer/facts.js';
import { judge } from '../newer/opinion.js';
import { refuseRaisedUnsigned } from '../publish/raise-revision.js';
import { openNamed, openTrusted } from '../repositories/open-named.js';
import { trialOf } from '../rollout/begin-clone.js';
import { changeableWords } from '../rollout/change-rollout.js';
import type { Session } from '../session.js';
import { candidateTarget } from './candidate-target.js';
import { type Misfits, misfitsOf } from './compatibility.js';
import { findTarget, type Target } from './target.js';
import type { UpgradeEvent, UpgradeRequest } from './upgrade-request.js';

/** An upgrade of a service as it is found, before anything is changed. */
export interface FoundUpgrade {
  readonly name: string;
  /** As it was then. */
  readonly service: Service;
  /** The repository's directory. */
  readonly repository: string;
  readonly target: Target;
}

/**
 * Finds what an upgrade would go to; with `bump` a new revision is written into the formula's directory.
 * @throws ServiceNotFound, ServiceDestroying, UnitNotFound, UnitOfOtherService, UpgradeHeld, as `findTarget`; of a
 *   clone on trial RolloutUnderWay; with `bump` RelationsInUse unless by force, SubordinateChanged
 */
export async function findUpgrade(session: Session, request: UpgradeRequest): Promise<FoundUpgrade> {
  const { service: name, force } = request;
  const service = await requireDeployed(session, name);
  await checkUnits(session, name, request.units);
  await requireNotHeld(session.coordinator, holdQuestion(request));
  const repository = request.repository ?? service.repository.path;
  const deployed = parseFormulaId(service.formula);
  const trial = await trialOf(session.coordinator, name, service);
  if (trial !== undefined && (request.bump || request.candidate !== undefined)) throw trial;
  if (request.bump) refuseRaisedUnsigned(session, deployed.name);
  if (request.candidate !== undefined) {
    const { candidate, repository: at } = request;
    return {
      name,
      service,
      repository,
      target: await candidateTarget(session, name, service, candidate, at),
    };
  }
  const target = await findTarget(
    name,
    deployed,
    () =>
      request.repository === undefined
        ? openTrusted(session, service.repository.path)
        : openNamed(session, request.repository),
    request,
    async (offered) => {
      const standing = await readStanding(session.coordinator, name, service);
      const { facts } = standing;
      // By force a service takes again what it went back from.
      const taken = force ? { ...standing, facts: { ...facts, bad: [] } } : standing;
      return judge(session.coordinator, taken, offered);
    },
    (id, bumped) => requireFit(session, { name, service }, id, bumped, force),
  );
  if (trial !== undefined && target.id !== service.formula) throw trial;
  if (request.revision === undefined && request.units === undefined && !request.bump)
    await requireNamed(session, name, service, target.id, request.rollout ?? {});
  return { name, service, repository, target };
}

/**
 * Words that a rollout which is under way could take are asked for, and the repository has something newer: nobody can tell
 * which of both is meant.
 * @throws RevisionUnnamed
 */
async function requireNamed(
  { coordinator }: Session,
  service: string,
  { formula }: Service,
  newer: string,
  rollout: RolloutParameters,
): Promise<void> {
  const words = changeableWords(rollout);
  if (words.length === 0 || newer === formula) return;
  const standing = await readRollout(coordinator, service);
  if (standing === undefined || !isOpen(standing.value) || standing.value.state === 'failed') return;
  const { to, revert } = standing.value;
  if (revert === true || to === newer) return;
  const options = words.map((word) => `--${word} ${rollout[word] ?? ''}`);
  const { revision } = parseFormulaId(to);
  throw new RevisionUnnamed({ service, to, newer, options: options.join(' '), revision });
}

/** Says of the higher revisions that an upgrade does not take why that is so. */
export function tellPassedOver(
  { name: service, target }: FoundUpgrade,
  tell: (event: UpgradeEvent) => void,
): void {
  for (const revision of target.passedOver) tell({ kind: 'passed-over', service, revision });
}

/** What of a service a formula does not fit. @throws RelationsInUse, unless by force */
export async function requireFit(
  session: Session,
  { name, service }: Pick<FoundUpgrade, 'name' | 'service'>,
  id: string,
  formula: Formula,
  force: boolean,
): Promise<Misfits> {
  const misfits = await misfitsOf(session, name, service, id, formula);
  if (misfits.relations.length > 0 && !force)
    throw new RelationsInUse({ service: name, formula: id, faults: misfits.relations });
  return misfits;
}

/** The service alone: its units may be many, and are read once, when they are to be flagged. */
export async function requireDeployed({ coordinator }: Session, name: string): Promise<Service> {
  const { value } = await requireService(coordinator, name);
  if (value.destroying) throw new ServiceDestroying({ service: name });
  return value;
}

async function checkUnits(
  { coordinator }: Session,
  name: string,
  wanted: readonly string[] = [],
): Promise<void> {
  const known = wanted.length === 0 ? [] : await unitsOfService(coordinator, name);
  for (const unit of wanted) {
    if (serviceOfUnit(unit) !== name) throw new UnitOfOtherService({ unit, service: name });
    if (!known.includes(unit)) throw new UnitNotFound({ unit });
  }
}
