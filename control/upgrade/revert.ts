import type { Coordinator } from '../../state/coordination/coordinator.js';
import type { RolloutParameters } from '../../state/formula/rollout-parameters.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { readEntity } from '../../state/model/entity.js';
import { candidateKeyOf } from '../../state/formula/candidate-mark.js';
import { NothingToRevert } from '../../state/model/errors.js';
import { requireMetadata } from '../../state/model/formulas.js';
import { recordOperations } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { paths, serviceOfUnit } from '../../state/model/paths.js';
import { bringPeersBack } from '../../state/model/peers.js';
import { relationsOfService } from '../../state/model/relations.js';
import type { Requester } from '../../state/model/requester.js';
import { goalOf, isOpen, rolloutSchema, wayOf } from '../../state/model/rollout.js';
import type { Service } from '../../state/model/service-schemas.js';
import { requireService, unitsOfService } from '../../state/model/services.js';
import { requireUnit } from '../../state/model/units.js';
import { type HeldBack, heldBack, holdQuestion, overriddenText, requireNotHeld } from '../hold/held-back.js';
import { type RelationFault, relationFaults } from '../relate/relation-faults.js';
import { askRollout } from '../rollout/ask-rollout.js';
import { beginTo } from '../rollout/begin.js';
import { RolloutRefuses } from '../rollout/errors.js';
import { setFormula } from '../rollout/set-formula.js';
import { readServiceState, readUnitState, type UnitState } from '../status/snapshot.js';
import { flagUnits } from './flag-units.js';

/** The formulas that a service or unit goes back from and to, as ids. */
export interface Reverted {
  readonly from: string;
  readonly to: string;
  /** The formula that the service goes back to when it does so once more, if it still knows. */
  readonly before?: string | undefined;
  /** What holds said of its units; absent where none stands on any of them. */
  readonly holds?: HeldBack;
}

/** Is told the relations in use that the formula to go back to would break; by throwing it refuses to go there. */
export type RelationsCheck = (formula: string, faults: readonly RelationFault[]) => void;

/** How a service goes back. */
export interface RevertOptions {
  /** Also units that are held. */
  readonly force?: boolean;
  /** Of the rollout that takes the units back; the rest is as the service says. */
  readonly rollout?: RolloutParameters;
}

/**
 * Points a service back at the formula before its present one, with a rollout that takes its units there, in one
 * transaction. What it goes back from is remembered as bad: `upgrade-formula` does not take it again without force. Its peer
 * relations go back with it; relations that only the formula left behind has stay, without hooks of theirs, unless `check`
 * refuses that. Done again it goes back one more, as far as the units keep formulas; while it is still going back, it goes
 * on with that, also where somebody aborted it. A rollout that is under way turns back. It is on the service's record as soon as it stands.
 * @throws ServiceNotFound, NothingToRevert, UpgradeHeld, whatever `check` throws
 */
export async function revertService(
  coordinator: Coordinator,
  service: string,
  by: Requester,
  check: RelationsCheck = () => undefined,
  options: RevertOptions = {},
): Promise<Reverted> {
  const { force = false } = options;
  const question = holdQuestion({ service, force, by });
  await requireNotHeld(coordinator, question);
  const reverted =
    (await goOnBack(coordinator, service, by, check)) ??
    (await beginAgain(coordinator, service, by, options)) ??
    (await goBack(coordinator, service, by, check, options));
  const sorted = await heldBack(coordinator, await unitsOfService(coordinator, service), question);
  return { ...reverted, ...heldIn(sorted) };
}

/** Goes on with a rollout that goes back, or has one that is under way do so; undefined where there is neither. */
async function goOnBack(
  coordinator: Coordinator,
  service: string,
  by: Requester,
  check: RelationsCheck,
): Promise<Reverted | undefined> {
  const [standing, { value }] = await Promise.all([
    readEntity(coordinator, paths.rollout(service), rolloutSchema),
    requireService(coordinator, service),
  ]);
  const rollout = standing?.value;
  if (rollout?.clone !== undefined && isOpen(rollout) && rollout.promoted !== true)
    throw new RolloutRefuses({
      service,
      verb: 'go back',
      why: 'no unit of the service runs anything else',
      instead: 'abort',
    });
  if (rollout === undefined || !isOpen(rollout) || goalOf(rollout) !== value.formula) return undefined;
  const { to, revertTo, revert, state } = rollout;
  const reverted = { from: to, to: revertTo };
  if (revert === true) {
    if (state === 'failed') await askRollout(coordinator, service, 'retry', by, '');
    return { ...reverted, ...(value.previous !== undefined && { before: value.previous }) };
  }
  if (to === revertTo) return undefined;
  await checkRelations(coordinator, service, revertTo, check);
  await askRollout(coordinator, service, 'revert', by, '');
  const { value: after } = await requireService(coordinator, service);
  return { ...reverted, ...(after.previous !== undefined && { before: after.previous }) };
}

/**
 * Begins a way back anew that somebody aborted before all units were there; undefined where there is none. The service is set
 * to where it leads.
 */
async function beginAgain(
  coordinator: Coordinator,
  service: string,
  by: Requester,
  { force = false, rollout: parameters = {} }: RevertOptions,
): Promise<Reverted | undefined> {
  return retryOnConflict(`rollout of ${service}`, async () => {
    const [{ value, version }, standing] = await Promise.all([
      requireService(coordinator, service),
      readEntity(coordinator, paths.rollout(service), rolloutSchema),
    ]);
    const { formula } = value;
    if (standing?.value.revert !== true || standing.value.state !== 'aborted') return undefined;
    const { from } = wayOf(standing.value);
    if (goalOf(standing.value) !== formula || !(await someRun(coordinator, service, from))) return undefined;
    const asked = { parameters: { ...parameters, canary: '' }, force, revertOnError: false, by };
    const goal = { from, to: formula, revert: true };
    const metadata = await requireMetadata(coordinator, formula);
    const begun = await beginTo(coordinator, service, value, metadata, goal, asked);
    await coordinator.transaction([
      { kind: 'check', path: paths.service(service), version },
      ...begun.operations,
      ...(await recordOperations(coordinator, [service], {
        ...requestEntry(by, { what: 'revert' }),
        from,
        to: formula,
      })),
    ]);
    return { from, to: formula, ...(value.previous !== undefined && { before: value.previous }) };
  });
}

async function someRun(coordinator: Coordinator, service: string, formula: string): Promise<boolean> {
  const state = await readServiceState(coordinator, service);
  return state?.units.some(({ unit }) => unit.formula === formula) === true;
}

async function goBack(
  coordinator: Coordinator,
  service: string,
  by: Requester,
  check: RelationsCheck,
  { force = false, rollout: parameters = {} }: RevertOptions,
): Promise<Reverted> {
  let reverted: Reverted | undefined;
  let left: Service | undefined;
  await setFormula(
    coordinator,
    service,
    (current) => {
      const {
        formula,
        previous,
        earlier = [],
        bad = [],
        startWith: _startWith,
        forUnits: _forUnits,
        ...rest
      } = current;
      if (previous === undefined) throw new NothingToRevert({ what: service, formula });
      const [before, ...others] = earlier;
      left = current;
      reverted = { from: formula, to: previous, ...(before !== undefined && { before }) };
      return {
        ...rest,
        formula: previous,
        ...(before !== undefined && { previous: before, earlier: others }),
        bad: [...new Set([...bad, formula])],
      };
    },
    requestEntry(by, { what: 'revert' }),
    (metadata, relations) => {
      const faults = relationFaults(service, relations, metadata);
      if (faults.length > 0) check(reverted?.to ?? '', faults);
    },
    async (metadata) => {
      if (reverted === undefined || left === undefined) return [];
      const goal = { from: reverted.from, to: reverted.to, revert: true };
      const asked = { parameters: { ...parameters, canary: '' }, force, revertOnError: false, by };
      return (await beginTo(coordinator, service, left, metadata, goal, asked)).operations;
    },
  );
  if (reverted === undefined) throw new NothingToRevert({ what: service, formula: '' });
  return reverted;
}

async function checkRelations(
  coordinator: Coordinator,
  service: string,
  formula: string,
  check: RelationsCheck,
): Promise<void> {
  const [metadata, relations] = await Promise.all([
    requireMetadata(coordinator, formula),
    relationsOfService(coordinator, service),
  ]);
  const faults = relationFaults(service, relations, metadata);
  if (faults.length > 0) check(formula, faults);
}

/**
 * Flags one unit to go back: to what it ran before an upgrade that is under way or failed, or else to the last formula
 * it kept.
 * @param force also where it is held
 * @throws UnitNotFound, NothingToRevert, UpgradeHeld, whatever `check` throws
 */
export async function revertUnit(
  coordinator: Coordinator,
  unit: string,
  requester: Requester,
  check: RelationsCheck = () => undefined,
  force = false,
): Promise<Reverted> {
  const service = serviceOfUnit(unit);
  const question = holdQuestion({ service, units: [unit], force, by: requester });
  const sorted = await heldBack(coordinator, [unit], question);
  await requireUnit(coordinator, unit);
  const state = await readUnitState(coordinator, unit);
  const reverted = state && goesBack(state, (await requireService(coordinator, service)).value);
  if (reverted === undefined) throw new NothingToRevert({ what: unit, formula: state?.unit.formula ?? '' });
  await checkRelations(coordinator, service, reverted.to, check);
  await bringPeersBack(coordinator, service, await requireMetadata(coordinator, reverted.to));
  const flag = {
    ...requester,
    force: true,
    revert: true,
    to: reverted.to,
    ...(force && { whileBusy: true }),
  };
  const over = overriddenText(sorted.overridden).slice(2);
  const message = over === '' ? undefined : over;
  const asked = requestEntry(requester, { what: 'revert', unit, ...reverted, message });
  await flagUnits(coordinator, [unit], flag, asked);
  return { ...reverted, ...heldIn(sorted) };
}

function heldIn(holds: HeldBack): Pick<Reverted, 'holds'> {
  return holds.held.length + holds.overridden.length > 0 ? { holds } : {};
}

/**
 * Where a unit goes back to. Nobody goes back to a candidate that was tried in this unit alone; one that tries it, and
 * keeps no release any more, goes to the formula of its service.
 */
function goesBack({ unit, status }: UnitState, service: Service): Reverted | undefined {
  const underWay =
    status.state === 'upgrading' || status.state === 'upgrade-error' ? status.upgrade : undefined;
  if (underWay !== undefined && underWay.from !== '') return { from: underWay.to, to: underWay.from };
  const { formula: from } = unit;
  if (from === null) return undefined;
  const { formula, previous, earlier = [] } = service;
  const ofService = [formula, previous, ...earlier];
  const kept = unit.earlier?.find((id) => candidateKeyOf(id) === undefined || ofService.includes(id));
  const to = kept ?? (candidateKeyOf(from) === undefined ? undefined : formula);
  return to === undefined || to === from ? undefined : { from, to };
}
