import { pause } from '../../state/clock.js';
import { writtenByHooks } from '../disk/stage.js';
import type { FormulaRef } from '../journal/record.js';
import type { AgentUnit } from './unit.js';

/** Milliseconds: by then the unit runs again, and so do those that were upgraded with it. */
const LATER = 1_000;

/**
 * Names in the log what hooks wrote into a formula that the unit has left and keeps. Not while the unit stands still:
 * hooks may have written any number of files, and each of their directories is looked through.
 */
export async function nameWhatStays(unit: AgentUnit, formula: FormulaRef): Promise<void> {
  await pause(unit.parts.clock, LATER);
  if (!unit.isStopped()) await nameFiles(unit, formula, `stays in .formula/${formula.directory}`);
}

/** The same of a formula that the unit has left and does not keep, before that is put aside. */
export function nameWhatGoes(unit: AgentUnit, formula: FormulaRef): Promise<void> {
  return nameFiles(unit, formula, `is removed with ${formula.id}`);
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
