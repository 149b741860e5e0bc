import type { Formula } from '../../state/formula/formula.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import type { Metadata } from '../../state/formula/metadata.js';
import { publishable } from '../../state/formula/publishable.js';
import { type RolloutParameters, rulesOf } from '../../state/formula/rollout-parameters.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import type { Problem } from '../../state/model/entity.js';
import { ServiceDestroying, UnitNotFound } from '../../state/model/errors.js';
import { touchFormula } from '../../state/model/formulas.js';
import type { FormulaFailure } from '../../state/model/failed-formulas.js';
import { recordOperations } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import type { Requester } from '../../state/model/requester.js';
import { isOpen, readRollout, type Rollout } from '../../state/model/rollout.js';
import type { Flag } from '../../state/model/request-schemas.js';
import type { Service } from '../../state/model/service-schemas.js';
import { requireService, unitsOfService } from '../../state/model/services.js';
import { type NamedUnit, readUnits } from '../../state/model/units.js';
import { RelationsInUse, RevisionUnnamed, UnitOfOtherService, UpgradeOvertaken } from '../errors.js';
import { holdQuestion, overriddenText, readQuestioned, requireNotHeld } from '../hold/held-back.js';
import { namesOf } from '../names-of.js';
import type { Classified } from '../newer/classify.js';
import { readStanding } from '../newer/facts.js';
import { opinionOf } from '../newer/opinion.js';
import { type PublishEvent, publish, recordRestored } from '../publish/publish.js';
import { refuseRaisedUnsigned } from '../publish/raise-revision.js';
import { withWorkDirectory } from '../publish/work-directory.js';
import { openNamed, openTrusted } from '../repositories/open-named.js';
import {
  type Begun,
  beginTo,
  checkParameters,
  parametersFor,
  type RolloutRequest,
} from '../rollout/begin.js';
import { beginClone, goesByClone, isClonedTo, planClone } from '../rollout/begin-clone.js';
import { changeableWords } from '../rollout/change-rollout.js';
import { ensureRollout } from '../rollout/ensure.js';
import type { Session } from '../session.js';
import { candidateTarget } from './candidate-target.js';
import { type Misfits, misfitsOf } from './compatibility.js';
import { flagUnits } from './flag-units.js';
import { setTarget } from './set-target.js';
import { findTarget, type Target, type TargetOptions } from './target.js';
import { readUnitErrors, type UnitErrors } from './unit-errors.js';
import { planUnits, type UnitPlan } from './unit-plan.js';

/** A request to upgrade a service. */
export interface UpgradeRequest extends TargetOptions {
  readonly service: string;
  /** A path, a URL or a name of a repository to find the formula in, and from now on; default: the one that the service came from. */
  readonly repository?: string | undefined;
  /** Only these units; default: all. */
  readonly units?: readonly string[] | undefined;
  /** Also where relations in use break, units are in error, went back from that formula, or are held. */
  readonly force: boolean;
  /** Units whose upgrade fails go back by themselves. */
  readonly revertOnError: boolean;
  /** An open change, `pr:22` or `branch:foo`, whose formula `units` try; the service stays with its own. */
  readonly candidate?: string | undefined;
  /** How the rollout goes, where not single units are asked; the rest is as the service and the formula say. */
  readonly rollout?: RolloutParameters | undefined;
  readonly by: Requester;
  /** A program asks for it by itself: what failed before still counts, and was looked at (`automaticBlockers`). */
  readonly isAutomatic?: boolean | undefined;
}

/** The events while a service is upgraded. */
export type UpgradeEvent =
  | PublishEvent
  /** The parts that the formula, which is taken all the same, does not fit. */
  | { readonly kind: 'misfits'; readonly formula: string; readonly misfits: Misfits }
  /** A formula that failed on the service before, and that is tried all the same, since somebody asks for it. */
  | { readonly kind: 'failed-before'; readonly formula: string; readonly failure: FormulaFailure }
  /** A higher revision that is not taken. */
  | { readonly kind: 'passed-over'; readonly service: string; readonly revision: Classified }
  /** Nodes that cannot be read. `left-alone`: their units are not asked; `asked`: they are all the same. */
  | {
      readonly kind: 'unreadable';
      readonly problems: readonly Problem[];
      readonly units: 'left-alone' | 'asked';
    };

/** An upgrade of a service as it is found, before anything is changed. */
export interface FoundUpgrade {
  readonly name: string;
  /** As it was then. */
  readonly service: Service;
  /** The repository's directory. */
  readonly repository: string;
  readonly target: Target;
}

/** An upgrade that the service's units are asked for; they go on by themselves. */
export interface Upgrade extends FoundUpgrade {
  readonly plan: UnitPlan;
  /** Those of the units asked that were in an error before. */
  readonly errors: UnitErrors;
  /** By unit, where it is placed; null while it waits for a machine. */
  readonly machines: ReadonlyMap<string, string | null>;
  /** What takes the units there; single units are asked without one. */
  readonly rollout?: Rollout;
  /** This request began that; else it was under way. */
  readonly begun?: boolean;
}

/**
 * Upgrades a service to a newer revision of its formula, in the order of docs/architecture.md: find it, publish it, set
 * the service's formula, flag its units. Each of these can be done twice, so whoever asks again goes on where an
 * interrupted request stopped.
 * @throws as `findUpgrade`, `publish` and `setTarget`; UpgradeOvertaken
 */
export async function upgradeService(
  session: Session,
  request: UpgradeRequest,
  now: number,
  tell: (event: UpgradeEvent) => void,
): Promise<Upgrade> {
  const found = await findUpgrade(session, request);
  tellPassedOver(found, tell);
  if (request.isAutomatic !== true) await tellFailed(session, found, tell);
  const asked = askedEntry(found, request);
  if (request.candidate !== undefined) return tryCandidate(session, found, request, asked.id, now, tell);
  const { begun, clone } = await publishAndSet(session, found, request, asked, now, tell);
  if (clone !== undefined)
    return { ...found, plan: NO_UNITS, errors: new Map(), machines: new Map(), rollout: clone };
  const units = await unitsOf(session, found, tell);
  const plan = planUnits(
    units,
    found.target.id,
    ...(await readQuestioned(session.coordinator, holdQuestion(request))),
  );
  const machines = new Map(units.map(({ name, unit: { machine } }) => [name, machine]));
  if (request.units !== undefined) {
    const errors = await flag(session, found, plan, request, asked.id, tell);
    return { ...found, plan, errors, machines };
  }
  if (plan.upgrade.length === 0 && begun === undefined)
    return { ...found, plan, errors: new Map(), machines };
  const rollout = await ensureRollout(session.coordinator, found.name, rolloutRequest(request), begun, asked);
  const errors = await ask(session, found, plan, { ...request, rollout }, asked.id, tell);
  return { ...found, plan, errors, machines, rollout, begun: rollout.requestedAt === request.by.requestedAt };
}

/** A clone asks nothing of the service's units. */
const NO_UNITS: UnitPlan = {
  upgrade: [],
  already: [],
  wentBack: [],
  leftOut: [],
  held: [],
  overridden: [],
};

/**
 * Asks units for a candidate. The service, and with it all its other units, stays with its formula; so does a unit that is
 * made, and a rollout that comes by takes these units along.
 */
async function tryCandidate(
  session: Session,
  found: FoundUpgrade,
  request: UpgradeRequest,
  id: string,
  now: number,
  tell: (event: UpgradeEvent) => void,
): Promise<Upgrade> {
  const { coordinator } = session;
  const { name, service, target } = found;
  const units = await readableUnits(session, await unitsOfService(coordinator, name), tell);
  const question = await readQuestioned(coordinator, holdQuestion(request));
  const plan = { ...planUnits(units, target.id, ...question), leftOut: [] };
  const machines = new Map(units.map((each) => [each.name, each.unit.machine]));
  const { candidate } = target;
  let errors: UnitErrors = new Map();
  if (candidate !== undefined && plan.upgrade.length > 0)
    await withWorkDirectory(async (directory) => {
      const prepared = await publishable(candidate, directory, tell, session.environment.trust);
      const misfits = await requireFit(session, found, target.id, prepared.formula, request.force);
      tell({ kind: 'misfits', formula: target.id, misfits });
      await publish(session, target.id, prepared, now, tell, async () => {
        errors = await flag(
          session,
          { service, target },
          plan,
          { ...request, flag: { to: target.id } },
          id,
          tell,
        );
        await touchFormula(coordinator, target.id);
      });
    });
  return { ...found, plan, errors, machines };
}

/** What an upgrade asks of the rollout that it begins. */
export function rolloutRequest({
  rollout = {},
  force,
  revertOnError,
  by,
  isAutomatic,
}: UpgradeRequest): RolloutRequest {
  return { parameters: rollout, force, revertOnError, by, isAutomatic };
}

/**
 * Asks the units of a rollout that takes all at once without looking at them first, and puts on record which are asked. The
 * others are asked by whoever drives the rollout.
 */
async function ask(
  session: Session,
  found: FoundUpgrade,
  plan: UnitPlan,
  request: Omit<UpgradeRequest, 'rollout'> & { readonly rollout: Rollout },
  id: string,
  tell: (event: UpgradeEvent) => void,
): Promise<UnitErrors> {
  const { rollout, by, force } = request;
  const { coordinator } = session;
  const { strategy, canary, pauseAfter } = rulesOf(rollout.parameters);
  const isWhole = strategy === 'all' && canary === 0 && pauseAfter === 'none';
  // Units that are forced out of an error are asked with the error that they are in.
  if (isWhole && !force && rollout.state === 'running') {
    const flagged = { ...request, flag: { rollout: rollout.id, to: rollout.to } };
    return flag(session, found, plan, flagged, id, tell);
  }
  const problems: Problem[] = [];
  const message = `${namesOf(plan.upgrade)}${force ? ', by force' : ''}${overriddenText(plan.overridden)}`;
  const entry = {
    ...requestEntry(by, { what: 'upgrade', from: found.service.formula, to: found.target.id, message }),
    id,
  };
  const [errors] = await Promise.all([
    readUnitErrors(coordinator, plan.upgrade, problems),
    retryOnConflict(`record of ${found.name}`, async () =>
      coordinator.transaction(await recordOperations(coordinator, [found.name], entry)),
    ),
  ]);
  if (problems.length > 0) tell({ kind: 'unreadable', problems, units: 'asked' });
  return errors;
}

/**
 * Finds what an upgrade would go to; with `bump` a new revision is written into the formula's directory.
 * @throws ServiceNotFound, ServiceDestroying, UnitNotFound, UnitOfOtherService, UpgradeHeld, as `findTarget`; with `bump`
 *   RelationsInUse unless by force, SubordinateChanged
 */
export async function findUpgrade(session: Session, request: UpgradeRequest): Promise<FoundUpgrade> {
  const { service: name, force } = request;
  const service = await requireDeployed(session, name);
  await checkUnits(session, name, request.units);
  await requireNotHeld(session.coordinator, holdQuestion(request));
  const repository = request.repository ?? service.repository.path;
  const deployed = parseFormulaId(service.formula);
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
      const { deployed: runs, facts } = await readStanding(session.coordinator, name, service);
      // By force a service takes again what it went back from.
      return opinionOf({ deployed: runs, facts: force ? { ...facts, bad: [] } : facts }, offered);
    },
    (id, bumped) => requireFit(session, { name, service }, id, bumped, force),
  );
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

/** An explicit request goes over what failed before, and says so. */
async function tellFailed(
  { coordinator }: Session,
  { name, target: { id } }: FoundUpgrade,
  tell: (event: UpgradeEvent) => void,
): Promise<void> {
  const failure = (await readRollout(coordinator, name))?.value.failures?.[id];
  if (failure !== undefined) tell({ kind: 'failed-before', formula: id, failure });
}

/** The units of the service that can be read. A unit whose node cannot be read keeps no other from being upgraded. */
export async function readableUnits(
  { coordinator }: Session,
  names: readonly string[],
  tell: (event: UpgradeEvent) => void,
): Promise<readonly NamedUnit[]> {
  const problems: Problem[] = [];
  const units = await readUnits(coordinator, names, problems);
  if (problems.length > 0) tell({ kind: 'unreadable', problems, units: 'left-alone' });
  return units;
}

function askedEntry(
  { service, target }: FoundUpgrade,
  { by }: UpgradeRequest,
): ReturnType<typeof requestEntry> {
  return requestEntry(by, { what: 'upgrade', from: service.formula, to: target.id });
}

/** What came of setting a service: the id of the rollout that began with it, or that which makes a clone instead. */
interface Set {
  readonly begun?: string | undefined;
  readonly clone?: Rollout | undefined;
}

async function publishAndSet(
  session: Session,
  { name, service, target }: FoundUpgrade,
  request: UpgradeRequest,
  asked: ReturnType<typeof requestEntry>,
  now: number,
  tell: (event: UpgradeEvent) => void,
): Promise<Set> {
  const { candidate, id } = target;
  if (candidate === undefined) return {};
  let begun: string | undefined;
  let clone: Rollout | undefined;
  const { coordinator } = session;
  const begin = async (current: Service, metadata: Metadata): Promise<Begun> => {
    const goal = { from: current.formula, to: id };
    const made = await beginTo(coordinator, name, current, metadata, goal, rolloutRequest(request));
    begun = made.rollout.id;
    return made;
  };
  const { repository, force } = request;
  const origin = repository === undefined ? undefined : target.location;
  await withWorkDirectory(async (directory) => {
    const prepared = await publishable(candidate, directory, tell, session.environment.trust);
    const { metadata } = prepared.formula;
    const { parameters } = rolloutRequest(request);
    const isCloned =
      request.units === undefined &&
      (await goesByClone(coordinator, name, service, id, metadata, parameters));
    // Before anything is published: a formula that does not fit leaves no trace.
    if (id !== service.formula) {
      const misfits = await requireFit(session, { name, service }, id, prepared.formula, force);
      tell({ kind: 'misfits', formula: id, misfits });
      if (isCloned && !(await isClonedTo(coordinator, name, id)))
        await planClone(coordinator, name, service, id, metadata, { parameters });
      else if (request.units === undefined && !isCloned) {
        const units = await unitsOfService(coordinator, name);
        checkParameters(name, parametersFor(service, metadata, request.rollout ?? {}, units.length), units);
      }
    }
    const isRestored = await publish(session, id, prepared, now, tell, async () => {
      if (isCloned) {
        clone = await beginClone(coordinator, name, id, { ...rolloutRequest(request), origin }, asked);
        return;
      }
      await setTarget(
        coordinator,
        name,
        id,
        prepared.formula,
        { origin, force },
        asked,
        request.units === undefined ? begin : undefined,
      );
    });
    if (isRestored) await recordRestored(session, id, request.by);
  });
  return { begun, clone };
}

async function requireFit(
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

/** Read only now: a unit that was added meanwhile may have begun with the formula of before. */
async function unitsOf(
  session: Session,
  { name, target }: FoundUpgrade,
  tell: (event: UpgradeEvent) => void,
): Promise<readonly NamedUnit[]> {
  const [{ formula: now }, names] = await Promise.all([
    requireDeployed(session, name),
    unitsOfService(session.coordinator, name),
  ]);
  if (now !== target.id) throw new UpgradeOvertaken({ service: name, wanted: target.id, formula: now });
  return readableUnits(session, names, tell);
}

/** @param id of what is on record since the service was set, which then tells of the units too */
async function flag(
  { coordinator }: Session,
  { service, target }: Pick<FoundUpgrade, 'service' | 'target'>,
  { upgrade, overridden }: UnitPlan,
  {
    by,
    force,
    revertOnError,
    flag: more,
  }: Pick<UpgradeRequest, 'by' | 'force' | 'revertOnError'> & {
    readonly flag?: Pick<Flag, 'rollout' | 'to'>;
  },
  id: string,
  tell: (event: UpgradeEvent) => void,
): Promise<UnitErrors> {
  if (upgrade.length === 0) return new Map();
  const problems: Problem[] = [];
  // As they are before the flags, and looked at while the coordinator takes those.
  const reading = readUnitErrors(coordinator, upgrade, problems);
  // Awaited below: what fails first is thrown first.
  reading.catch(() => undefined);
  const message = `${namesOf(upgrade)}${force ? ', by force' : ''}${overriddenText(overridden)}`;
  await flagUnits(
    coordinator,
    upgrade,
    { ...by, force, ...(revertOnError && { revertOnError }), ...more },
    { ...requestEntry(by, { what: 'upgrade', from: service.formula, to: target.id, message }), id },
  );
  const errors = await reading;
  if (problems.length > 0) tell({ kind: 'unreadable', problems, units: 'asked' });
  return errors;
}

/** The service alone: its units may be many, and are read once, when they are to be flagged. */
async function requireDeployed({ coordinator }: Session, name: string): Promise<Service> {
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
