import { closeSync, openSync, readdirSync, readSync, type Dirent, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import { isExecutable } from './entry-path.js';
import { FormulaEntryRefused, HookNotExecutable, HookNotRunnable } from './errors.js';
import { closestName } from './suggestion.js';

/** Bytes of a script that are looked at; Linux looks at 256 of its first line. */
const START = 64 * 1024;

/**
 * Checks that the hooks among `names` that are there can be run, and returns warnings about those that can, but
 * perhaps not as meant. What only the target machine knows, such as a missing interpreter, is no business of this.
 * @throws HookNotExecutable, HookNotRunnable, FormulaEntryRefused
 */
export function checkHooks(directory: string, names: readonly string[]): readonly string[] {
  const warnings = names.map((name) => checkHook(name, join(directory, 'hooks', name)));
  return [...warnings.filter((warning) => warning !== undefined), ...misspelt(directory, names)];
}

/** Names of files and directories at the top of a formula that are nearly those that are read. */
const misnamed: readonly (readonly [wrong: string, right: string])[] = [
  ['metadata.yml', 'metadata.yaml'],
  ['config.yml', 'config.yaml'],
  ['hook', 'hooks'],
];

/** Whole sentences about files of a formula that nothing reads under their names. */
export function misnamedFiles(directory: string): readonly string[] {
  const names = entriesOf(directory).map(({ name }) => name);
  return misnamed
    .filter(([wrong, right]) => names.includes(wrong) && !names.includes(right))
    .map(([wrong, right]) => `${join(directory, wrong)} is not read; is it meant to be ${right}?`);
}

/** Hooks of the predecessors that have another name here. */
const formerNames: Readonly<Record<string, string>> = { 'upgrade-charm': 'upgrade-formula' };

/**
 * Executables, or links to them, that no agent will run, and whose name is nearly that of a hook or was one; others are
 * the author's business.
 */
function misspelt(directory: string, names: readonly string[]): readonly string[] {
  const hooks = join(directory, 'hooks');
  const warnings: string[] = [];
  for (const { name } of entriesOf(hooks)) {
    if (names.includes(name) || name.startsWith('ensemble-info-')) continue;
    const former = Object.hasOwn(formerNames, name) ? formerNames[name] : undefined;
    if (former !== undefined && entriesOf(hooks).some((each) => each.name === former)) continue;
    const meant = former ?? closestName(name, names);
    const stats = meant === undefined ? undefined : statsOf(join(hooks, name));
    if (!stats?.isFile() || !isExecutable(stats.mode)) continue;
    warnings.push(
      `${join(hooks, name)} is no hook of this formula and will not be run; is it meant to be ${meant}?`,
    );
  }
  return warnings;
}

function entriesOf(directory: string): readonly Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

function checkHook(hook: string, path: string): string | undefined {
  const stats = statsOf(path);
  if (stats === undefined) return undefined;
  if (!stats.isFile()) throw new HookNotRunnable({ hook, path, reason: 'is not a file' });
  if (!isExecutable(stats.mode)) throw new HookNotExecutable({ hook, path, reason: 'mode' });
  const start = readStart(path);
  if (start.subarray(0, 4).toString('latin1') === '\x7fELF') return undefined;
  const line = start.subarray(0, 256).toString('latin1').split('\n', 1)[0] ?? '';
  if (!line.startsWith('#!')) {
    // Not an error: execvp(3) and shells hand such a file to /bin/sh.
    return `${path} does not begin with #! and will be run by /bin/sh`;
  }
  // The kernel looks for an interpreter whose name ends in a carriage return.
  if (line.endsWith('\r'))
    throw new HookNotRunnable({
      hook,
      path,
      reason: 'has Windows line ends (CRLF); convert it, for instance with dos2unix',
    });
  if (line.slice(2).trim() === '')
    throw new HookNotRunnable({ hook, path, reason: 'names no interpreter behind #!' });
  const crlf = start.indexOf('\r\n');
  if (crlf === -1) return undefined;
  const row = start.subarray(0, crlf).toString('latin1').split('\n').length;
  return `${path}:${row}: has Windows line ends (CRLF), which most interpreters stumble over; convert it, for instance with dos2unix`;
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw unreadable(path, error);
  }
}

function readStart(path: string): Buffer {
  try {
    const file = openSync(path, 'r');
    try {
      const buffer = Buffer.allocUnsafe(START);
      return buffer.subarray(0, readSync(file, buffer, 0, START, 0));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): FormulaEntryRefused {
  const { code } = error as NodeJS.ErrnoException;
  return new FormulaEntryRefused({ path, reason: `it cannot be read (${code})` }, { cause: error });
}
