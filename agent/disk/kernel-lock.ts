import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';

/** The descriptor under which a program is given the file; the first after its standard ones. */
const FILE = 3;
/** What the system answers where another open file holds the lock (Linux: EAGAIN), and then the programs' exit status. */
const WOULD_BLOCK = 11;
const TAKEN = 1;

/**
 * Node cannot lock a file itself. A lock of flock(2) belongs to the *open file*, which these programs share with this
 * process: so it stays when they have ended, and goes when this process does, however it ends.
 */
const programs: readonly (readonly [string, readonly string[]])[] = [
  [
    'perl',
    [
      '-e',
      `open my $file, '+<&=', ${FILE} or exit 2; exit(flock($file, 6) ? 0 : $! == ${WOULD_BLOCK} ? ${TAKEN} : 2)`,
    ],
  ],
  ['flock', ['-n', String(FILE)]],
];

/** What came of trying to lock a file. `unavailable`: this system or file system has no such locks. */
export type KernelLock =
  | { readonly kind: 'held'; release(): void }
  | { readonly kind: 'taken' }
  | { readonly kind: 'unavailable' };

/**
 * Locks a file, which is made where it is missing and never removed, for as long as this process lives. The kernel
 * gives it to one process at a time and takes it back when that ends: nothing can be left behind, so nobody need ever
 * judge whether a claim is stale.
 */
export async function lockFile(path: string): Promise<KernelLock> {
  // Node opens files so that no program it starts inherits them. A number, as an object nobody holds would be closed.
  const file = openSync(path, 'a+', 0o600);
  for (const [program, options] of programs) {
    const status = await runOn(file, program, options);
    if (status === 0) return { kind: 'held', release: () => closeSync(file) };
    if (status === TAKEN) {
      closeSync(file);
      return { kind: 'taken' };
    }
  }
  closeSync(file);
  return { kind: 'unavailable' };
}

/** @returns the program's exit status, or undefined where there is no such program */
async function runOn(file: number, program: string, options: readonly string[]): Promise<number | undefined> {
  const child = spawn(program, options, { stdio: ['ignore', 'ignore', 'ignore', file] });
  try {
    const [status]: (number | null)[] = await once(child, 'exit');
    return status ?? undefined;
  } catch {
    return undefined;
  }
}
