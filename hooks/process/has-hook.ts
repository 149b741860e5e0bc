import { lstatSync } from 'node:fs';
import { join } from 'node:path';

/**
 * True if the formula in place has this hook, whether or not it can be run. Asked whenever an upgrade is looked at, so at the
 * cost of one call of the system.
 */
export function hasHook(formulaDirectory: string, hook: string): boolean {
  return lstatSync(join(formulaDirectory, 'hooks', hook), { throwIfNoEntry: false }) !== undefined;
}
