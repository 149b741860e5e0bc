import { execFile } from 'node:child_process';
import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DataDirectoryTooNew, LayoutNotChanged, MigratorMissing } from './errors.js';
import { isLaidOut, layoutOfMarker, markNew } from './marker.js';
import { type DirectoryReport, migrationSchema } from './report.js';

/** Where the program is beside the bundled one that runs here, and where the compiler puts it. */
const PROGRAMS = ['ensemble-migrate.cjs', '../../migrate/main.js'].map((path) =>
  join(import.meta.dirname, path),
);

/** What came of a directory of another layout: what was left as it is, in sentences. */
type Left = readonly string[];

/**
 * Sees that a home has this release's layout. A home that is not there stays so; one in which only files stand, as an
 * operator writes them, is marked where that is possible; any other is given to `ensemble-migrate`.
 * @throws DataDirectoryTooNew, LayoutNotChanged, MigratorMissing, errors of the file system
 */
export async function requireHomeLayout(home: string): Promise<Left> {
  let entries: readonly Dirent[] | undefined;
  try {
    if (isLaidOut(home)) return [];
    entries = entriesOf(home);
  } catch (error) {
    // Who reads what is in it gets the same error, with a path that an operator knows.
    if (isDenial(error)) return [];
    throw error;
  }
  if (entries === undefined) return [];
  if (entries.every((entry) => !entry.isDirectory() && layoutOfMarker(entry.name) === undefined)) {
    try {
      markNew(home);
    } catch (error) {
      // It is somebody else's to write, and holds nothing that has a layout.
      if (!isDenial(error)) throw error;
    }
    return [];
  }
  return leftOf(await migrate(home, ['--home', home]));
}

/**
 * The same for an agent's data directory, which is to be made where it is not there.
 * @param machine whose it is
 * @param lock the name of the file that agents lock first: one that has it alone is as good as empty
 * @param inUse gives the error where another agent works in it; its pid is unknown before it has written its claim
 * @returns `new` where nothing is there yet: who fills it marks it
 */
export async function requireDataLayout(
  directory: string,
  machine: string,
  lock: string,
  inUse: (pid: number | undefined) => Error,
): Promise<'new' | Left> {
  if (isLaidOut(directory)) return [];
  const entries = entriesOf(directory);
  if (entries === undefined || entries.every(({ name }) => name === lock)) return 'new';
  const report = await migrate(directory, ['--data-dir', directory, '--machine', machine], inUse);
  return leftOf(report);
}

function leftOf({ problems }: DirectoryReport): Left {
  return problems.map(({ item, reason, remedy }) => `${item} was left as it is: ${reason}; ${remedy}`);
}

/** Undefined where there is no such directory. */
function entriesOf(directory: string): readonly Dirent[] | undefined {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function isDenial(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes(String((error as NodeJS.ErrnoException).code));
}

/** Has `ensemble-migrate` look at a directory, and change it. */
async function migrate(
  directory: string,
  words: readonly string[],
  inUse?: (pid: number | undefined) => Error,
): Promise<DirectoryReport> {
  const program = PROGRAMS.find((path) => existsSync(path));
  if (program === undefined)
    throw new MigratorMissing({ directory, program: join(import.meta.dirname, 'ensemble-migrate.cjs') });
  const { output, said } = await run(program, [...words, '--format', 'json']);
  const report = reportIn(output);
  if (report === undefined)
    throw new LayoutNotChanged({
      directory,
      reason: said.trim().split('\n').at(-1) || 'the program that changes it ended without a word',
      remedy: `see what it says: ensemble-migrate ${words.join(' ')}`,
    });
  if (report.state === 'current' || report.state === 'absent') return report;
  if (report.state === 'too-new')
    throw new DataDirectoryTooNew({ directory, marker: report.marker ?? 'layout.v?' });
  if (report.inUse === true && inUse !== undefined) throw inUse(report.pid);
  const [first] = report.problems;
  throw new LayoutNotChanged({
    directory,
    reason: report.reason ?? (first === undefined ? 'it says no reason' : `${first.item}: ${first.reason}`),
    remedy: report.remedy ?? first?.remedy ?? 'ensemble-migrate --plan',
  });
}

function run(
  program: string,
  words: readonly string[],
): Promise<{ readonly output: string; readonly said: string }> {
  return new Promise((resolve) => {
    // However it exits: it tells by its report.
    execFile(
      process.execPath,
      [program, ...words],
      { maxBuffer: 64 * 1_024 * 1_024 },
      (_error, output, said) => resolve({ output, said }),
    );
  });
}

function reportIn(output: string): DirectoryReport | undefined {
  try {
    return migrationSchema.parse(JSON.parse(output)).directories[0];
  } catch {
    return undefined;
  }
}
