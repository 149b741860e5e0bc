import { isHookInPlace } from '../disk/staged.js';
import { linkFormula, makeUnitDirectory } from '../disk/unit-directory.js';
import { fetchAndStage, untilHealed } from './prepare-upgrade.js';
import type { AgentUnit } from './unit.js';

/**
 * Goes before each hook: a formula that is not on the disk as it came, since somebody removed it or its hook, is fetched
 * again, from this machine's cache or the storage. Otherwise the hook would pass for one that the formula does not have.
 * @throws what fetching it again cannot get over, e.g. NoProgress
 */
export async function mendFormula(unit: AgentUnit, hook: string): Promise<void> {
  const { formula } = unit.record();
  if (formula === null || isHookInPlace(unit.directory, formula, hook)) return;
  unit.parts.log.warning(`${formula.id} is missing or damaged on the disk, and is fetched again`, {
    unit: unit.name,
  });
  await untilHealed(unit, async () => {
    makeUnitDirectory(unit.directory, unit.record().incarnation);
    await fetchAndStage(unit, formula);
    await linkFormula(unit.directory, formula);
  });
}
