import { join } from 'node:path';
import { type LeftBehind, MOST_LEFT, sayLeftBehind } from '../../state/model/left-behind.js';
import { leftInFormula } from '../disk/left-in-formula.js';
import type { FormulaRef } from '../journal/record.js';
import type { RecordedUnit } from './recorded-unit.js';
import { type UnitWithLog, warnInLog } from './say-in-log.js';

/**
 * Names the files that hooks wrote into a formula that the unit has left, or changed in it, in the agent's log and
 * the unit's own; undefined if there are none. The kept files stay in their place, so that they can be taken from
 * there.
 */
export async function nameLeftBehind(
  unit: UnitWithLog & RecordedUnit,
  formula: FormulaRef,
  to: string,
): Promise<LeftBehind | undefined> {
  const { formula: present, earlier } = unit.record();
  const isThere = ({ directory }: FormulaRef): boolean => directory === formula.directory;
  if (present !== null && isThere(present)) return undefined;
  const { log } = unit.parts;
  try {
    const { written, changed } = await leftInFormula(unit.directory, formula);
    if (written.length + changed.length === 0) return undefined;
    const named = { written: written.slice(0, MOST_LEFT), changed: changed.slice(0, MOST_LEFT) };
    const left = {
      from: formula.id,
      to,
      directory: join(unit.directory.formulas, formula.directory),
      kept: earlier.some(isThere),
      ...named,
      more: written.length + changed.length - named.written.length - named.changed.length,
    };
    const message = sayLeftBehind(left);
    log.warning(message, { unit: unit.name });
    await warnInLog(unit, 'upgrade-formula', message);
    return left;
  } catch (error) {
    // Only a notice: it must not stand in the way of the upgrade.
    log.debug('the old formula could not be looked through', { unit: unit.name, error });
    return undefined;
  }
}
