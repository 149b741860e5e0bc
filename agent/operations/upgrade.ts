import { join } from 'node:path';
import { removeRun } from '../../hooks/process/run-directory.js';
import type { UnitRequests } from '../../state/model/requests.js';
import type { UpgradeStep, WorkflowState } from '../../state/model/workflow-state.js';
import { putAsideFormulas } from '../disk/unit-directory.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import { committedFormula, type FormulaRef, type UnitRecord } from '../journal/record.js';
import type { UnitWithLog } from './say-in-log.js';
import { nameLeftBehind } from './left-behind.js';
import type { WantedFormula, Intent } from '../contract/operations.js';
import { wordsOf } from '../contract/refused-by-system.js';
import { fetchAndStage, type StagingUnit } from './prepare-upgrade.js';
import type { Uses } from '../machine/parts.js';
import { overText } from '../postpone/decide.js';
import type { Lockstep } from '../postpone/lockstep.js';
import type { Postponement } from '../postpone/postponement.js';
import type { Parting } from './parting.js';
import type { MovingUnit } from './recorded-unit.js';
import type { HookHost } from '../hook-runs/hook-call.js';
import { runWorkflowHook } from '../hook-runs/workflow-hook.js';

/** A unit whose formula is exchanged. */
export type UpgradingUnit = MovingUnit &
  StagingUnit &
  UnitWithLog &
  Uses<'directory' | 'inhibitor' | 'leftovers'> & {
    /** Looks up what the formula in place says. */
    readonly inPlace: { load(): Promise<void> };
    readonly parting: Pick<Parting, 'leave' | 'mustLeave'>;
    readonly postponement: Pick<Postponement, 'lift' | 'passes'>;
    readonly lockstep: Pick<Lockstep, 'goes' | 'verdict'>;
    intent(): Pick<Intent, 'upgrade'>;
    /** Looks again at everything that may ask something of the unit. */
    look(): void;
    requests(): Pick<UnitRequests, 'upgrade'>;
    now(): string;
  };

type Upgrade = NonNullable<UnitRecord['upgrade']>;

/** How many formulas before the present one a unit keeps to go back to. */
const KEPT = 2;

/**
 * The point of no return: journals what the upgrade goes from and to. From here on a restart goes forward. The formula
 * is staged by now, so nothing that follows needs the storage.
 *
 * What counts is what was prepared: by now something newer may be wanted, which is not on the disk. It is prepared after
 * this upgrade.
 * @param ask runs the hook by which the formula in place says if the unit is busy
 * @returns false where it cannot go ahead: nothing is wanted any more, or the other way, or the formula is not on the disk
 *   after all, or the unit is busy
 */
export async function pauseForUpgrade(
  unit: UpgradingUnit,
  prepared: WantedFormula,
  ask: () => Promise<void>,
): Promise<boolean> {
  const { ref } = await unit.parts.formulas.find(prepared.to);
  // Whoever related services in this very moment; from the next write on nothing is joined that the formula lacks.
  while (unit.parting.mustLeave(prepared.to)) await unit.parting.leave(prepared.to);
  const wanted = unit.intent().upgrade;
  if (wanted?.revert !== prepared.revert || !unit.parts.staging.isStaged(unit.directory, ref)) return false;
  // How it is to be done may have been said anew meanwhile.
  const upgrade = wanted.to === prepared.to ? wanted : prepared;
  const { lockstep } = upgrade;
  if (lockstep !== undefined && !unit.lockstep.goes(lockstep)) return false;
  const over = await unit.postponement.passes(upgrade, ask);
  if (over === undefined) return false;
  // Until its formula is another one; a restart takes it up there.
  unit.parts.inhibitor.take(unit.name);
  const record = unit.record();
  const by = unit.requests().upgrade?.value.by;
  await unit.enter('upgrading', {
    leavingFor: null,
    postponed: null,
    health: null,
    upgrade: {
      from: committedFormula(record),
      to: ref,
      step: 'swapping',
      since: unit.now(),
      ...(by !== undefined && { by }),
      ...(upgrade.asked !== undefined && { asked: upgrade.asked }),
      resumeIn: record.upgrade?.resumeIn ?? whereToResume(record.state),
      ...(upgrade.revert && { revert: true, ...(record.formula && { replaces: record.formula }) }),
      ...(upgrade.revertOnError && { revertOnError: true }),
      ...(lockstep !== undefined && { lockstep }),
      ...(over.length > 0 && { over: overText(over) }),
    },
  });
  return true;
}

/**
 * Renames the formula link: from one instant to the next, the unit has the new formula and the whole of it. One that
 * vanished since it was staged, as by hand while the agent was down, is fetched again before that.
 */
export async function swapFormula(unit: UpgradingUnit): Promise<void> {
  const { from, to, revert } = await enterStep(unit, 'swapping');
  if (!unit.parts.staging.isStaged(unit.directory, to)) {
    // That may take long, and a shutdown loses nothing of it.
    unit.parts.inhibitor.release(unit.name);
    await fetchAndStage(unit, to);
  }
  const { inhibitor, staging } = unit.parts;
  inhibitor.take(unit.name);
  try {
    await betweenFaults('swapping.link', () => staging.link(unit.directory, to));
  } finally {
    inhibitor.release(unit.name);
  }
  const { earlier } = unit.record();
  // Kept is what the unit ran, and neither a formula whose upgrade failed nor one that it goes back from.
  const kept = revert === true || from === null ? earlier : [from, ...earlier];
  const others = kept.filter(({ directory }, index) => directory !== to.directory && isFirst(kept, index));
  // In the journal with what comes next: until then a restart links once more, to the same end.
  unit.note({ formula: to, earlier: others.slice(0, KEPT), ...stepOf(unit, 'hook') });
}

/**
 * Runs `upgrade-formula`: the first hook of the new formula, before any other. On the way back it is the hook
 * `revert-formula` of the formula the unit goes back to.
 */
export async function runUpgradeHook(unit: UpgradingUnit & HookHost): Promise<void> {
  const { upgrade } = unit.record();
  if (upgrade === null) throw new Error('the hook of no upgrade');
  unit.noteState('upgrading', stepOf(unit, 'hook'));
  const { from, to, revert, replaces } = upgrade;
  const wanted = unit.intent().upgrade;
  // It may take leases of its own.
  await unit.postponement.lift();
  await unit.inPlace.load();
  const left = (replaces ?? from)?.id ?? '';
  try {
    await runWorkflowHook(unit, revert === true ? 'revert-formula' : 'upgrade-formula', {
      upgrade: { from: left, to: to.id },
      also: () => stepOf(unit, 'committing'),
    });
  } catch (error) {
    // How it is to be done may have been said anew, by whoever asked for one more try.
    const revertOnError = upgrade.revertOnError || (wanted?.to === to.id && wanted.revertOnError);
    if (!revertOnError || revert === true || from === null) throw error;
    await turnBack(unit, upgrade, from, wordsOf(error));
  }
}

/**
 * In lockstep the unit waits here for the others, its hooks paused: that its own hook is through is journalled before, so
 * that a restart waits on, and observers are told.
 */
export async function gatherAfterHook(unit: UpgradingUnit): Promise<void> {
  if (unit.record().upgrade?.lockstep === undefined) return;
  await enterStep(unit, 'committing');
  // A port that was opened meanwhile may be known already.
  unit.look();
}

/** A unit whose hook is through goes back with the others: what it left is as it was, and no fault of this formula. */
export async function turnBackWithOthers(unit: UpgradingUnit): Promise<void> {
  const { upgrade } = unit.record();
  if (upgrade === null) throw new Error('no upgrade to turn back from');
  // A unit that ran nothing before has nothing to go back to.
  if (upgrade.from === null) throw new Error('no formula to go back to');
  await turnBack(unit, upgrade, upgrade.from, 'all units of its service went back together', false);
}

/** The upgrade is through, and `config-changed` is due with the new formula. What it left behind is put aside. */
export async function resumeAfterUpgrade(unit: UpgradingUnit): Promise<void> {
  const { upgrade, bad } = unit.record();
  // In the write that ends the upgrade: whoever follows it is told.
  const left = upgrade?.replaces ?? upgrade?.from;
  const isFirst = upgrade?.step !== 'resuming';
  const leftBehind = left && upgrade && isFirst ? await nameLeftBehind(unit, left, upgrade.to.id) : undefined;
  await unit.save({
    ...(isFirst && { leftBehind }),
    configDigest: null,
    pending: null,
    holdsFrom: unit.now(),
    bad: bad.filter((id) => id !== upgrade?.to.id),
    ...stepOf(unit, 'resuming'),
    ...messageAfter(unit.record()),
  });
  const { formula, earlier } = unit.record();
  await betweenFaults('resuming.prune', async () =>
    unit.parts.leftovers.add(putAsideFormulas(unit.directory, [formula, ...earlier])),
  );
}

/** The unit's own message after the upgrade: why it went back, or the last words of its formula. */
function messageAfter({
  upgrade,
  message,
  wentBack = false,
}: UnitRecord): Pick<UnitRecord, 'message' | 'wentBack'> {
  if (upgrade?.failure !== undefined)
    return { message: `went back to ${upgrade.to.id}: ${upgrade.failure}`, wentBack: true };
  return { message: wentBack ? '' : message, wentBack: undefined };
}

/** Journals the step and gives the upgrade it belongs to. */
export async function enterStep(unit: MovingUnit, step: UpgradeStep): Promise<Upgrade> {
  await unit.enter('upgrading', stepOf(unit, step));
  const { upgrade } = unit.record();
  if (upgrade === null) throw new Error(`step ${step} of no upgrade`);
  return upgrade;
}

export function stepOf(unit: Pick<MovingUnit, 'record'>, step: UpgradeStep): Pick<UnitRecord, 'upgrade'> {
  const { upgrade } = unit.record();
  return { upgrade: upgrade && { ...upgrade, step } };
}

/** The same upgrade, the other way: journalled in one write, so that a restart goes back as well. */
async function turnBack(
  unit: UpgradingUnit,
  upgrade: Upgrade,
  from: FormulaRef,
  failure: string,
  isBad = true,
): Promise<void> {
  const { hook, bad } = unit.record();
  unit.parts.log.error(`goes back to ${from.id}: ${failure}`, { unit: unit.name });
  await unit.save({
    hook: null,
    attempts: 0,
    ...(isBad && { bad: [...new Set([...bad, upgrade.to.id])] }),
    upgrade: {
      ...upgrade,
      to: from,
      replaces: upgrade.to,
      revert: true,
      step: 'swapping',
      failure,
      // It waits for nobody on its way back: none resumes with the formula that it leaves.
      lockstep: undefined,
    },
  });
  if (hook !== null) await removeRun(join(unit.parts.directory.runs, hook.id));
}

/** A unit that was in an error state takes up where it failed, now with the formula that is to mend it. */
function whereToResume(state: WorkflowState): Upgrade['resumeIn'] {
  if (state === 'install-error') return 'installing';
  if (state === 'start-error') return 'starting';
  return 'configuring';
}

function isFirst(formulas: readonly FormulaRef[], index: number): boolean {
  return formulas.findIndex(({ directory }) => directory === formulas[index]?.directory) === index;
}
