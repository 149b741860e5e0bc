import { makeUnitDirectory } from '../disk/unit-directory.js';
import type { FormulaRef } from '../journal/record.js';
import type { HookHost } from '../hook-runs/hook-call.js';
import { awaitDirectory, requireDirectory } from '../hook-runs/missing-directory.js';
import { fetchAndStage, type HealingUnit, type StagingUnit, untilHealed } from './prepare-upgrade.js';
import { runWorkflowHook } from '../hook-runs/workflow-hook.js';

/** A unit whose formula is seen to before each of its hooks. */
type MendingUnit = HookHost & StagingUnit & HealingUnit & { isEvicted(): boolean };

/**
 * Goes before each hook. One of a unit whose data is not there waits until it is; where an operator has the unit begin
 * anew, `install` goes before the hook. A formula that is not on the disk as it came, since somebody removed it or its hook, is fetched
 * again, from this machine's cache or the storage. Otherwise the hook would pass for one that the formula does not have.
 * @returns whether the hook is to be run: not so where an operator takes it as done
 * @throws UnitDirectoryMissing; what fetching it again cannot get over, e.g. NoProgress
 */
export async function mendFormula(unit: MendingUnit, hook: string): Promise<boolean> {
  const { formula } = unit.record();
  if (formula === null) return true;
  const data = await awaitDirectory(unit, hook);
  if (data === 'done') return false;
  await putInPlace(unit, formula, hook);
  // On its way out, a unit is not set up once more.
  if (data === 'anew' && hook !== 'install' && unit.record().state !== 'stopping')
    await runWorkflowHook(unit, 'install');
  return true;
}

async function putInPlace(unit: MendingUnit, formula: FormulaRef, hook: string): Promise<void> {
  if (unit.parts.staging.isHookInPlace(unit.directory, formula, hook)) return;
  unit.parts.log.warning(`${formula.id} is missing or damaged on the disk, and is fetched again`, {
    unit: unit.name,
  });
  await untilHealed(unit, async () => {
    requireDirectory(unit);
    makeUnitDirectory(unit.directory, unit.record().incarnation);
    await fetchAndStage(unit, formula);
    await unit.parts.staging.link(unit.directory, formula);
  });
}
