import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isExecutable } from './entry-path.js';
import { FormulaEntryRefused, HookNotExecutable, HookNotRunnable } from './errors.js';
import { closestName } from './suggestion.js';

/** As much of a script's first line as Linux looks at. */
const firstLine = 256;

/**
 * Checks that the hooks among `names` that are there can be run, and returns warnings about those that can, but
 * perhaps not as meant. What only the target machine knows, such as a missing interpreter, is no business of this.
 * @throws HookNotExecutable, HookNotRunnable, FormulaEntryRefused
 */
export async function checkHooks(directory: string, names: readonly string[]): Promise<readonly string[]> {
  const warnings = await Promise.all(names.map((name) => checkHook(name, join(directory, 'hooks', name))));
  return [...warnings.filter((warning) => warning !== undefined), ...(await misspelt(directory, names))];
}

/** Executables that no agent will run, and whose name is nearly that of a hook; others are the author's business. */
async function misspelt(directory: string, names: readonly string[]): Promise<readonly string[]> {
  const hooks = join(directory, 'hooks');
  const entries = await readdir(hooks, { withFileTypes: true }).catch(() => []);
  const warnings: string[] = [];
  for (const entry of entries) {
    const { name } = entry;
    const meant =
      names.includes(name) || name.startsWith('ensemble-info-') ? undefined : closestName(name, names);
    if (meant === undefined || !entry.isFile() || !isExecutable((await stat(join(hooks, name))).mode))
      continue;
    warnings.push(
      `${join(hooks, name)} is no hook of this formula and will not be run; is it meant to be ${meant}?`,
    );
  }
  return warnings;
}

async function checkHook(hook: string, path: string): Promise<string | undefined> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new FormulaEntryRefused(path, `it cannot be read (${error.code})`, { cause: error });
  });
  if (stats === undefined) return undefined;
  if (!stats.isFile()) throw new HookNotRunnable(hook, path, 'is not a file');
  if (!isExecutable(stats.mode)) throw new HookNotExecutable(hook, path);
  const start = await readStart(path);
  if (start.subarray(0, 4).toString('latin1') === '\x7fELF') return undefined;
  const line = start.toString('latin1').split('\n', 1)[0] ?? '';
  if (!line.startsWith('#!')) {
    // Not an error: execvp(3) and shells hand such a file to /bin/sh.
    return `${path} does not begin with #! and will be run by /bin/sh`;
  }
  // The kernel looks for an interpreter whose name ends in a carriage return.
  if (line.endsWith('\r'))
    throw new HookNotRunnable(
      hook,
      path,
      'has Windows line ends (CRLF); convert it, for instance with dos2unix',
    );
  if (line.slice(2).trim() === '') throw new HookNotRunnable(hook, path, 'names no interpreter behind #!');
  return undefined;
}

async function readStart(path: string): Promise<Buffer> {
  try {
    const handle = await open(path);
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(firstLine), 0, firstLine, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new FormulaEntryRefused(path, `it cannot be read (${code})`, { cause: error });
  }
}
