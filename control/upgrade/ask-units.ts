import { rulesOf } from '../../state/formula/rollout-parameters.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import type { Problem } from '../../state/model/entity.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { recordOperations } from '../../state/model/history.js';
import type { Flag } from '../../state/model/request-schemas.js';
import type { Rollout } from '../../state/model/rollout.js';
import { unitsOfService } from '../../state/model/services.js';
import { type NamedUnit, readUnits } from '../../state/model/units.js';
import { UpgradeOvertaken } from '../errors.js';
import { overriddenText } from '../hold/held-back.js';
import { namesOf } from '../names-of.js';
import type { Session } from '../session.js';
import { type FoundUpgrade, requireDeployed } from './find-upgrade.js';
import { flagUnits } from './flag-units.js';
import { readUnitErrors, type UnitErrors } from './unit-errors.js';
import type { UnitPlan } from './unit-plan.js';
import type { UpgradeEvent, UpgradeRequest } from './upgrade-request.js';

/**
 * Asks the units of a rollout that takes all at once without looking at them first, and puts on record which are asked. The
 * others are asked by whoever drives the rollout.
 */
export async function ask(
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

/** Read only now: a unit that was added meanwhile may have begun with the formula of before. */
export async function unitsOf(
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

/**
 * Flags units, and puts on record which.
 * @param id of what is on record since the service was set, which then tells of the units too
 * @returns the errors that they were in before
 */
export async function flag(
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
