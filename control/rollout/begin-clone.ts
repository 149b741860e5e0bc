import type { Coordinator } from '../../state/coordination/coordinator.js';
import { nameFault, parseFormulaId } from '../../state/formula/formula-id.js';
import type { Metadata } from '../../state/formula/metadata.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { type Entity, nodeValue, readEntity } from '../../state/model/entity.js';
import { ServiceDestroying } from '../../state/model/errors.js';
import { requireFeature } from '../../state/model/features.js';
import { takeUpFormula } from '../../state/model/formulas.js';
import { recordOperations } from '../../state/model/history.js';
import type { HistoryEntry } from '../../state/model/history-entry.js';
import { firstNumber } from '../../state/model/numbers.js';
import { paths } from '../../state/model/paths.js';
import {
  beginRollout,
  isOpen,
  type Rollout,
  rolloutSchema,
  writeRollout,
} from '../../state/model/rollout.js';
import { type Service, serviceSchema } from '../../state/model/service-schemas.js';
import { requireService, unitsOfService } from '../../state/model/services.js';
import { RolloutUnderWay, FormulaReverted, UpgradeOvertaken } from '../errors.js';
import { checkParameters, parametersFor, type RolloutRequest } from './begin.js';
import { cloneName } from './clone-facts.js';
import { changedRollout } from './change-rollout.js';
import { type Asking, askedWith, RolloutImpossible } from './errors.js';

/** A clone as it would be made. */
export interface PlannedClone {
  readonly service: string;
  /** As many as its source has, by the names that they get. */
  readonly units: readonly string[];
  readonly parameters: Rollout['parameters'];
}

/**
 * Whether an upgrade to a formula goes by a clone: since the strategy says so, or since one is under way to that formula.
 * @param asked the strategy that the request itself names
 */
export async function goesByClone(
  coordinator: Coordinator,
  name: string,
  service: Service,
  to: string,
  metadata: Pick<Metadata, 'rollout'>,
  asked: RolloutRequest['parameters'],
): Promise<boolean> {
  if (to === service.formula) return false;
  if (parametersFor(service, metadata, asked, 1).strategy === 'clone') return true;
  return isClonedTo(coordinator, name, to);
}

/** Whether a clone of that formula is under way. */
export async function isClonedTo(coordinator: Coordinator, name: string, to: string): Promise<boolean> {
  const standing = await readEntity(coordinator, paths.rollout(name), rolloutSchema);
  return standing !== undefined && isUnderWayTo(coordinator, standing.value, to);
}

/** One whose clone somebody destroyed is over, though nobody wrote that yet. */
async function isUnderWayTo(coordinator: Coordinator, rollout: Rollout, to: string): Promise<boolean> {
  const { clone, id, state } = rollout;
  if (clone === undefined || !isOpen(rollout) || state === 'failed' || rollout.to !== to) return false;
  if (clone.made !== true) return true;
  const found = await readEntity(coordinator, paths.service(clone.service), serviceSchema);
  return found?.value.cloneOf?.rollout === id && found.value.destroying !== true;
}

/**
 * The refusal of another formula for a clone that is on trial: it is tried as it was made, and is promoted or goes. Undefined
 * where the service is none.
 */
export async function trialOf(
  coordinator: Coordinator,
  name: string,
  { cloneOf }: Pick<Service, 'cloneOf'>,
): Promise<RolloutUnderWay | undefined> {
  if (cloneOf === undefined) return undefined;
  const { service, rollout } = cloneOf;
  const standing = await readEntity(coordinator, paths.rollout(service), rolloutSchema);
  if (standing === undefined || standing.value.id !== rollout) return undefined;
  const { to, promoted } = standing.value;
  if (!isOpen(standing.value) || promoted === true) return undefined;
  return new RolloutUnderWay({ service, to, word: 'strategy', has: 'clone', clone: name });
}

/**
 * Looks whether a clone can be made, and how it would be called.
 * @throws FeatureOff, RolloutImpossible, RolloutContradiction, RolloutUnderWay
 */
export async function planClone(
  coordinator: Coordinator,
  name: string,
  service: Service,
  to: string,
  metadata: Pick<Metadata, 'rollout'>,
  { parameters: asked }: Pick<RolloutRequest, 'parameters'>,
): Promise<PlannedClone> {
  const asking: Asking = { command: 'upgrade-formula', to };
  const instead = askedWith(name, asking, '--strategy rolling');
  refuseSubordinate(name, service, asking);
  await requireFeature(coordinator, 'clone');
  const clone = cloneName(name, parseFormulaId(to).revision);
  const fault = nameFault(clone);
  if (fault !== undefined)
    throw new RolloutImpossible({
      service: name,
      why: `its clone would be ${clone}, which ${fault}`,
      instead,
    });
  const [standing, found, units, { first }] = await Promise.all([
    readEntity(coordinator, paths.rollout(name), rolloutSchema),
    readEntity(coordinator, paths.service(clone), serviceSchema),
    unitsOfService(coordinator, name),
    firstNumber(coordinator, clone),
  ]);
  refuseUnderWay(name, standing);
  const isOurs = found?.value.cloneOf?.service === name && found.value.cloneOf.rollout === standing?.value.id;
  if (found !== undefined && !isOurs)
    throw new RolloutImpossible({
      service: name,
      why: `its clone would be ${clone}, and there is a service of that name already`,
      instead,
    });
  const parameters = { ...parametersFor(service, metadata, asked, units.length), strategy: 'clone' };
  checkParameters(name, parameters, [], asking);
  return { service: clone, units: units.map((_, index) => `${clone}/${first + index}`), parameters };
}

/** @throws RolloutImpossible */
export function refuseSubordinate(
  name: string,
  { subordinate }: Pick<Service, 'subordinate'>,
  asking: Asking,
): void {
  const isSet = asking.command === 'set-rollout';
  if (subordinate === true)
    throw new RolloutImpossible({
      service: name,
      why: 'it is a subordinate, whose units come and go with those that they are beside, so it has no clone',
      instead: askedWith(name, asking, isSet ? 'strategy=rolling' : '--strategy rolling'),
    });
}

/** Units of which some are on another formula already are not cloned, and what is promoted goes on. */
function refuseUnderWay(service: string, standing: Entity<Rollout> | undefined): void {
  if (standing === undefined || !isOpen(standing.value)) return;
  const { clone, promoted, to, parameters } = standing.value;
  if (clone === undefined || promoted === true)
    throw new RolloutUnderWay({ service, to, word: 'strategy', has: parameters.strategy ?? 'rolling' });
}

/**
 * Begins a rollout with strategy `clone`, or goes on with one to the same formula. The service's own formula stays; the clone
 * is made by whoever drives the rollout.
 * @param origin where the formula was found, where that is another repository from now on
 * @param asked goes on the service's record with one that begins
 * @throws ServiceNotFound, ServiceDestroying, UpgradeOvertaken, FormulaReverted; as `planClone` and `changedRollout`
 */
export async function beginClone(
  coordinator: Coordinator,
  name: string,
  to: string,
  { force, parameters, by, origin, isAutomatic }: RolloutRequest & { readonly origin: string | undefined },
  asked: HistoryEntry,
): Promise<Rollout> {
  return retryOnConflict(`service ${name}`, async () => {
    const [{ value: service, version }, standing] = await Promise.all([
      requireService(coordinator, name),
      readEntity(coordinator, paths.rollout(name), rolloutSchema),
    ]);
    const { formula: from } = service;
    if (service.destroying) throw new ServiceDestroying({ service: name });
    if (parseFormulaId(from).revision > parseFormulaId(to).revision)
      throw new UpgradeOvertaken({ service: name, wanted: to, formula: from });
    if (!force && service.bad?.includes(to)) throw new FormulaReverted({ service: name, formula: to });
    if (!force && standing !== undefined && (await isUnderWayTo(coordinator, standing.value, to))) {
      const changed = changedRollout(name, standing.value, parameters, []);
      if (changed !== standing.value)
        await coordinator.transaction([
          ...writeRollout(name, standing, changed),
          ...(await recordOperations(coordinator, [name], asked)),
        ]);
      return changed;
    }
    const { metadata, operation } = await takeUpFormula(coordinator, to);
    const planned = await planClone(coordinator, name, service, to, metadata, { parameters });
    const { rollout, operations } = beginRollout(
      name,
      standing,
      {
        from,
        to,
        revertTo: from,
        by: by.by,
        requestedAt: by.requestedAt,
        parameters: planned.parameters,
        state: 'running',
        stateSince: by.requestedAt,
        countedFrom: by.requestedAt,
        clone: { service: planned.service },
        ...(force && { force }),
      },
      isAutomatic,
    );
    const repository = origin === undefined ? service.repository : { ...service.repository, path: origin };
    const message = `by a clone, ${planned.service}`;
    await coordinator.transaction([
      { kind: 'set', path: paths.service(name), value: nodeValue({ ...service, repository }), version },
      operation,
      ...operations,
      ...(await recordOperations(coordinator, [name], { ...asked, from, to, message })),
    ]);
    return rollout;
  });
}
