import { constants } from 'node:fs';
import { access, lstat, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HookNotExecutable } from '../../state/formula/errors.js';
import { FormulaDirectoryMissing } from '../errors.js';

/**
 * The path of a formula's hook, or nothing where the formula has none.
 * @throws HookNotExecutable where there is one that cannot be run; FormulaDirectoryMissing
 */
export async function findHook(formulaDirectory: string, hook: string): Promise<string | undefined> {
  const path = join(formulaDirectory, 'hooks', hook);
  const found = await stat(path).catch(absent);
  if (!found) {
    // Also a link that leads nowhere is not "no hook".
    if (await lstat(path).catch(absent)) throw unusable(hook, path, 'dangling');
    if (!(await stat(formulaDirectory).catch(absent))) throw new FormulaDirectoryMissing(formulaDirectory);
    return undefined;
  }
  if (!found.isFile()) throw unusable(hook, path, 'not-a-file');
  await access(path, constants.X_OK).catch(() => {
    throw unusable(hook, path, 'mode');
  });
  return path;
}

/** The formula on this machine is what was published, so the way out is a new revision, or mending it in place. */
function unusable(hook: string, path: string, reason: HookNotExecutable['reason']): HookNotExecutable {
  const next =
    reason === 'mode'
      ? `chmod +x hooks/${hook} in the formula, raise its revision and upgrade; or here: chmod +x '${path}' and ensemble resolved --retry`
      : `ship hooks/${hook} as an executable file in a new revision of the formula`;
  return new HookNotExecutable(hook, path, reason, next);
}

function absent(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
}
