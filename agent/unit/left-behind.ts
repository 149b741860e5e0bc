import { pause } from '../../state/clock.js';
import { writtenByHooks } from '../disk/stage.js';
import type { FormulaRef } from '../journal/record.js';
import type { AgentUnit } from './unit.js';

/** Milliseconds: by then the unit runs again, and so do those that were upgraded with it. */
const LATER = 1_000;

/**
 * Names in the log what hooks wrote into a formula that the unit has left. Where the unit keeps it, not while it stands
 * still: hooks may have written any number of files, and each of their directories is looked through. One that is not
 * kept is looked through before this resolves, and may be removed then.
 */
export async function nameLeftBehind(unit: AgentUnit, formula: FormulaRef): Promise<void> {
  const { formula: present, earlier } = unit.record();
  const isThere = ({ directory }: FormulaRef): boolean => directory === formula.directory;
  if (earlier.some(isThere)) void nameLater(unit, formula);
  else if (present === null || !isThere(present))
    await nameFiles(unit, formula, `is removed with ${formula.id}`);
}

async function nameLater(unit: AgentUnit, formula: FormulaRef): Promise<void> {
  await pause(unit.parts.clock, LATER);
  if (!unit.isStopped()) await nameFiles(unit, formula, `stays in .formula/${formula.directory}`);
}

async function nameFiles(unit: AgentUnit, formula: FormulaRef, fate: string): Promise<void> {
  const { log } = unit.parts;
  try {
    const left = await writtenByHooks(unit.directory, formula);
    if (left.length === 0) return;
    const named = left.slice(0, 10).join(', ');
    const names = left.length > 10 ? `${named} and ${left.length - 10} more` : named;
    log.warning(`what hooks wrote into the formula ${fate}: ${names}`, { unit: unit.name });
  } catch (error) {
    // Only a notice: it must not stand in the way of the upgrade, or of the next one, which may have removed it.
    log.debug('the old formula could not be looked through', { unit: unit.name, error });
  }
}
