import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { HookNotExecutable } from '../../state/formula/errors.js';
import { FormulaDirectoryMissing } from '../errors.js';

/**
 * The path of a formula's hook, or nothing where the formula has none. Asked at once, as other small things of the disk
 * are: to hand them to another thread and back takes several times as long.
 * @throws HookNotExecutable where there is one that cannot be run; FormulaDirectoryMissing
 */
export async function findHook(formulaDirectory: string, hook: string): Promise<string | undefined> {
  const path = join(formulaDirectory, 'hooks', hook);
  const found = ifThere(() => statSync(path, maybe));
  if (!found) {
    // Also a link that leads nowhere is not "no hook".
    if (ifThere(() => lstatSync(path, maybe))) throw unusable(hook, path, 'dangling');
    if (!ifThere(() => statSync(formulaDirectory, maybe)))
      throw new FormulaDirectoryMissing({ directory: formulaDirectory });
    return undefined;
  }
  if (!found.isFile()) throw unusable(hook, path, 'not-a-file');
  try {
    accessSync(path, constants.X_OK);
  } catch {
    throw unusable(hook, path, 'mode');
  }
  return path;
}

/** The formula on this machine is what was published, so the way out is a new revision, or mending it in place. */
function unusable(hook: string, path: string, reason: HookNotExecutable['reason']): HookNotExecutable {
  const next =
    reason === 'mode'
      ? `chmod +x hooks/${hook} in the formula, raise its revision and upgrade; or here: chmod +x '${path}'`
      : `ship hooks/${hook} as an executable file in a new revision of the formula`;
  return new HookNotExecutable({ hook, path, reason, next });
}

/** Most formulas lack most hooks; an error for each of them would cost more than the look. */
const maybe = { throwIfNoEntry: false } as const;

function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOTDIR') return undefined;
    throw error;
  }
}
