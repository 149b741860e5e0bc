import { systemClock } from '../../state/clock.js';
import type { Formula } from '../../state/formula/formula.js';
import { parseFormulaId } from '../../state/formula/formula-id.js';
import { publishable } from '../../state/formula/publishable.js';
import type { Problem } from '../../state/model/entity.js';
import { ServiceDestroying, UnitNotFound } from '../../state/model/errors.js';
import { readFormulaRecord } from '../../state/model/formulas.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import { flagUnits } from '../../state/model/requests.js';
import type { Service } from '../../state/model/schemas.js';
import { requireService, unitsOfService } from '../../state/model/services.js';
import { type NamedUnit, readUnits } from '../../state/model/units.js';
import { RelationsInUse, UnitOfOtherService, UpgradeOvertaken } from '../errors.js';
import type { FollowEnd } from '../follow/follow.js';
import { followAndTell } from '../follow/follow-and-tell.js';
import { namesOf } from '../follow/summary.js';
import type { ExitCode, FollowOptions, Invocation } from '../invocation.js';
import { type Format, type Output, printData } from '../output/output.js';
import { printable } from '../output/printable.js';
import { checkContent } from '../publishing/check-content.js';
import { publish } from '../publishing/publish.js';
import { withWorkDirectory } from '../publishing/work-directory.js';
import { requester } from '../requester.js';
import { type Session, withSession } from '../session.js';
import { changesSince } from '../upgrade/compare.js';
import { type Misfits, misfitsOf } from '../upgrade/compatibility.js';
import { outcomeOf } from '../upgrade/outcome.js';
import { type Preview, previewLines } from '../upgrade/preview.js';
import { errorLines, leftOutLines, misfitLines, nothingToDo } from '../upgrade/sentences.js';
import { setTarget } from '../upgrade/set-target.js';
import { findTarget, type Target, type TargetOptions } from '../upgrade/target.js';
import { readUnitErrors } from '../upgrade/unit-errors.js';
import { planUnits } from '../upgrade/unit-plan.js';

export interface UpgradeOptions extends FollowOptions, TargetOptions {
  readonly repository?: string;
  readonly unit?: readonly string[];
  readonly force?: boolean;
  readonly revertOnError?: boolean;
  readonly format: Format;
}

/**
 * Upgrades a service to a newer revision of its formula, in the order of DESIGN §6: publish, then set the service's
 * formula, then flag its units, then follow. Each of these can be done twice, so the same command goes on where an
 * interrupted one stopped.
 */
export async function upgradeFormula(
  name: string,
  options: UpgradeOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  if (options.bump && options.revision !== undefined) {
    throw invocation.misuse('--bump makes a new revision, so --revision cannot choose one');
  }
  return withSession<ExitCode>(invocation, async (session) => {
    const service = await requireDeployed(session, name);
    await checkUnits(session, name, options.unit);
    const { formula, repository } = service;
    const path = options.repository ?? repository.path;
    const asked = { session, invocation, options, name, service };
    const target = await findTarget(name, parseFormulaId(formula), path, options, (id, bumped) =>
      fitting(asked, id, bumped),
    );
    const work = { ...asked, target };
    return options.dryRun ? withWorkDirectory((directory) => preview(work, path, directory)) : upgrade(work);
  });
}

interface Work {
  readonly session: Session;
  readonly invocation: Invocation;
  readonly options: UpgradeOptions;
  readonly name: string;
  readonly service: Service;
  readonly target: Target;
}

/**
 * What of the service the formula does not fit.
 * @throws RelationsInUse, unless by force; SubordinateChanged
 */
async function fitting(
  { session, options, name, service }: Omit<Work, 'target'>,
  id: string,
  formula: Formula,
): Promise<Misfits> {
  const misfits = await misfitsOf(session, name, service, id, formula);
  if (misfits.relations.length > 0 && !options.force) throw new RelationsInUse(name, id, misfits.relations);
  return misfits;
}

async function upgrade(work: Work): Promise<ExitCode> {
  const { session, invocation, options, name, service, target } = work;
  const { coordinator } = session;
  const { output } = invocation;
  const force = options.force ?? false;
  const { candidate } = target;
  const by = requester(systemClock.now());
  const request = { what: 'upgrade', from: service.formula, to: target.id } as const;
  const asked = requestEntry(by, request);
  if (candidate !== undefined) {
    const origin = options.repository === undefined ? undefined : candidate;
    await withWorkDirectory(async (directory) => {
      const prepared = await publishable(candidate, directory);
      // Before anything is published: a formula that does not fit leaves no trace.
      if (target.id !== service.formula) {
        const misfits = await fitting(work, target.id, prepared.formula);
        for (const line of misfitLines(misfits, target.id)) output.warn(line);
      }
      await publish(session, target.id, prepared, output, systemClock.now(), () =>
        setTarget(coordinator, name, target.id, prepared.formula, { origin, force }, asked),
      );
    });
  }
  // Only now: a unit added meanwhile may have begun with the formula of before.
  const [{ formula: now }, names] = await Promise.all([
    requireDeployed(session, name),
    unitsOfService(coordinator, name),
  ]);
  if (now !== target.id) throw new UpgradeOvertaken(name, target.id, now);
  const units = await readUnitsHere(session, names, output);
  const plan = planUnits(units, target.id, options.unit, force);
  const printOutcome = async (end: FollowEnd | undefined): Promise<void> => {
    if (options.format === 'table') return;
    const outcome = outcomeOf({ service: name, from: service.formula, to: target.id }, plan.upgrade, end);
    await printData(output, options.format, outcome, () => []);
  };
  if (plan.upgrade.length === 0) {
    output.notice(nothingToDo({ name, service }, target.id, options, plan.wentBack));
    for (const line of leftOutLines(plan, name)) output.notice(line);
    await printOutcome(undefined);
    // Nobody runs it who was asked to: that is not what the command is for.
    return plan.wentBack.length > 0 ? 1 : 0;
  }
  const flag = { ...by, force, ...(options.revertOnError && { revertOnError: true }) };
  const message = `${namesOf(plan.upgrade)}${force ? ', by force' : ''}`;
  // As they are before the flags, and looked at while the coordinator takes those.
  const unread: Problem[] = [];
  const reading = readUnitErrors(coordinator, plan.upgrade, unread);
  // One that cannot be read is told of below: it keeps no other unit from being flagged.
  reading.catch(() => undefined);
  await flagUnits(coordinator, plan.upgrade, flag, {
    ...requestEntry(by, { ...request, message }),
    // In the place of what is on record since the service was set: now it is known which units it is about.
    id: asked.id,
  });
  output.notice(`upgrading ${namesOf(plan.upgrade)} to ${target.id}`);
  const errors = await reading;
  warnOf(unread, 'it is asked all the same', output);
  for (const line of errorLines(errors, target.id, name, force)) output.warn(line);
  for (const line of leftOutLines(plan, name)) output.notice(line);
  const forced = new Map(force ? [...errors].map(([unit, { since }]) => [unit, since]) : []);
  const goal = { service: name, kind: 'upgraded', formula: target.id, forced } as const;
  const machines = new Map(units.map(({ name: unit, unit: { machine } }) => [unit, machine]));
  return followAndTell(session, invocation, goal, plan.upgrade, {
    ...options,
    machines,
    ended: printOutcome,
  });
}

/** One whose node cannot be read is left out, which is said, and keeps no other from being upgraded. */
async function readUnitsHere(
  { coordinator }: Session,
  names: readonly string[],
  output: Output,
): Promise<readonly NamedUnit[]> {
  const problems: Problem[] = [];
  const units = await readUnits(coordinator, names, problems);
  warnOf(problems, 'its unit is left alone', output);
  return units;
}

function warnOf(problems: readonly Problem[], then: string, output: Output): void {
  for (const { path, reason } of problems)
    output.warn(`${printable(path)} cannot be read: ${printable(reason)}; ${then}`);
}

async function preview(
  { session, invocation, options, name, service, target }: Work,
  repository: string,
  directory: string,
): Promise<ExitCode> {
  const { formula } = service;
  const names = await unitsOfService(session.coordinator, name);
  const units = await readUnitsHere(session, names, invocation.output);
  const plan = planUnits(units, target.id, options.unit, options.force ?? false);
  const errors = await readUnitErrors(session.coordinator, plan.upgrade);
  const prepared = target.candidate && (await publishable(target.candidate, directory));
  if (prepared !== undefined && target.wouldBump === undefined) {
    const published = await readFormulaRecord(session.coordinator, target.id);
    if (published) await checkContent(session, target.id, published, prepared);
  }
  const newer = prepared !== undefined && target.id !== formula ? prepared : undefined;
  const found: Preview = {
    service: name,
    from: formula,
    to: target.id,
    repository,
    ...(target.wouldBump !== undefined && { bump: target.wouldBump }),
    changes: newer === undefined ? null : await changesSince(session, formula, newer, directory),
    misfits:
      newer === undefined
        ? { relations: [], config: [] }
        : await misfitsOf(session, name, service, target.id, newer.formula),
    units: { ...plan, inError: Object.fromEntries([...errors].map(([unit, { state }]) => [unit, state])) },
    force: options.force ?? false,
  };
  await printData(invocation.output, options.format, found, () => previewLines(found));
  return 0;
}

/** The service alone: its units may be many, and are read once, when they are to be flagged. */
async function requireDeployed({ coordinator }: Session, name: string): Promise<Service> {
  const { value } = await requireService(coordinator, name);
  if (value.destroying) throw new ServiceDestroying(name);
  return value;
}

async function checkUnits(
  { coordinator }: Session,
  name: string,
  wanted: readonly string[] = [],
): Promise<void> {
  const known = wanted.length === 0 ? [] : await unitsOfService(coordinator, name);
  for (const unit of wanted) {
    if (serviceOfUnit(unit) !== name) throw new UnitOfOtherService(unit, name);
    if (!known.includes(unit)) throw new UnitNotFound(unit);
  }
}
