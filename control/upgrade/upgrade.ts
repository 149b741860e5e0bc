import { publishable } from '../../state/formula/publishable.js';
import { touchFormula } from '../../state/model/formulas.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { goalOf, readRollout, type Rollout } from '../../state/model/rollout.js';
import { unitsOfService } from '../../state/model/services.js';
import { holdQuestion, readQuestioned } from '../hold/held-back.js';
import { publish } from '../publish/publish.js';
import { withWorkDirectory } from '../publish/work-directory.js';
import { ensureRollout } from '../rollout/ensure.js';
import type { Session } from '../session.js';
import { ask, flag, readableUnits, unitsOf } from './ask-units.js';
import { findUpgrade, type FoundUpgrade, requireFit, tellPassedOver } from './find-upgrade.js';
import { publishAndSet, rolloutRequest } from './publish-and-set.js';
import type { UnitErrors } from './unit-errors.js';
import { planUnits, type UnitPlan } from './unit-plan.js';
import type { UpgradeEvent, UpgradeRequest } from './upgrade-request.js';

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
  const isRefused = !request.force && found.service.bad?.includes(found.target.id) === true;
  if (request.isAutomatic !== true && !isRefused) await tellFailed(session, found, tell);
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
    const leftOut = (await followByThemselves(session, found)) ? [] : plan.leftOut;
    return { ...found, plan: { ...plan, leftOut }, errors, machines };
  }
  if (plan.upgrade.length === 0 && begun === undefined)
    return { ...found, plan, errors: new Map(), machines };
  const rollout = await ensureRollout(session.coordinator, found.name, rolloutRequest(request), begun, asked);
  const errors = await ask(session, found, plan, { ...request, rollout }, asked.id, tell);
  return { ...found, plan, errors, machines, rollout, begun: rollout.requestedAt === request.by.requestedAt };
}

/** Whether a rollout takes the other units there, which nobody has to ask then. */
async function followByThemselves(
  { coordinator }: Session,
  { name, target: { id } }: FoundUpgrade,
): Promise<boolean> {
  const rollout = (await readRollout(coordinator, name))?.value;
  return rollout?.state === 'running' && rollout.clone === undefined && goalOf(rollout) === id;
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

/** An explicit request goes over what failed before, and says so. */
async function tellFailed(
  { coordinator }: Session,
  { name, target: { id } }: FoundUpgrade,
  tell: (event: UpgradeEvent) => void,
): Promise<void> {
  const failure = (await readRollout(coordinator, name))?.value.failures?.[id];
  if (failure !== undefined) tell({ kind: 'failed-before', formula: id, failure });
}

function askedEntry(
  { service, target }: FoundUpgrade,
  { by }: UpgradeRequest,
): ReturnType<typeof requestEntry> {
  return requestEntry(by, { what: 'upgrade', from: service.formula, to: target.id });
}
