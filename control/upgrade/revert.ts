import type { Coordinator } from '../../state/coordination/coordinator.js';
import { NothingToRevert } from '../../state/model/errors.js';
import { requireMetadata } from '../../state/model/formulas.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import { bringPeersBack } from '../../state/model/peers.js';
import { heldBack, type HeldBack, holdQuestion, overriddenText, requireNotHeld } from '../hold/held-back.js';
import { type RelationFault, relationFaults } from '../relate/relation-faults.js';
import { relationsOfService } from '../../state/model/relations.js';
import type { Requester } from '../../state/model/requester.js';
import { flagUnits } from './flag-units.js';
import { unitsOfService } from '../../state/model/services.js';
import { setFormula } from './set-formula.js';
import { readUnitState, type UnitState } from '../status/snapshot.js';
import { requireUnit } from '../../state/model/units.js';

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

/**
 * Points a service back at the formula before its present one and flags all its units to go there. What it goes back
 * from is remembered as bad: `upgrade-formula` does not take it again without force. Its peer relations go back with it;
 * relations that only the formula left behind has stay, without hooks of theirs, unless `check` refuses that. Done again
 * it goes back one more, as far as the units keep formulas. It is on the service's record as soon as it stands.
 * @param force also units that are held
 * @throws ServiceNotFound, NothingToRevert, UpgradeHeld, whatever `check` throws
 */
export async function revertService(
  coordinator: Coordinator,
  service: string,
  requester: Requester,
  check: RelationsCheck = () => undefined,
  force = false,
): Promise<Reverted> {
  const question = holdQuestion({ service, force, by: requester });
  await requireNotHeld(coordinator, question);
  let reverted: Reverted | undefined;
  await setFormula(
    coordinator,
    service,
    (current) => {
      const { formula, previous, earlier = [], bad = [], ...rest } = current;
      if (previous === undefined) throw new NothingToRevert({ what: service, formula });
      const [before, ...others] = earlier;
      reverted = { from: formula, to: previous, ...(before !== undefined && { before }) };
      return {
        ...rest,
        formula: previous,
        ...(before !== undefined && { previous: before, earlier: others }),
        bad: [...new Set([...bad, formula])],
      };
    },
    requestEntry(requester, { what: 'revert' }),
    (metadata, relations) => {
      const faults = relationFaults(service, relations, metadata);
      if (faults.length > 0) check(reverted?.to ?? '', faults);
    },
  );
  if (reverted === undefined) throw new NothingToRevert({ what: service, formula: '' });
  const sorted = await heldBack(coordinator, await unitsOfService(coordinator, service), question);
  await flagUnits(coordinator, sorted.going, {
    ...requester,
    force: true,
    revert: true,
    to: reverted.to,
    ...(force && { whileBusy: true }),
  });
  return { ...reverted, ...heldIn(sorted) };
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
  const reverted = state && goesBack(state);
  if (reverted === undefined) throw new NothingToRevert({ what: unit, formula: state?.unit.formula ?? '' });
  const [metadata, relations] = await Promise.all([
    requireMetadata(coordinator, reverted.to),
    relationsOfService(coordinator, service),
  ]);
  const faults = relationFaults(service, relations, metadata);
  if (faults.length > 0) check(reverted.to, faults);
  await bringPeersBack(coordinator, service, metadata);
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

function goesBack({ unit, status }: UnitState): Reverted | undefined {
  const underWay =
    status.state === 'upgrading' || status.state === 'upgrade-error' ? status.upgrade : undefined;
  if (underWay !== undefined && underWay.from !== '') return { from: underWay.to, to: underWay.from };
  const [to] = unit.earlier ?? [];
  return to === undefined || unit.formula === null ? undefined : { from: unit.formula, to };
}
