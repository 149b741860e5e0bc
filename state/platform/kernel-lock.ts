import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { findPerl } from './find-perl.js';

/** The descriptor under which a program is given the file; the first after its standard ones. */
const FILE = 3;
/** The system's answer if another open file holds the lock (Linux: EAGAIN), and then the programs' exit status. */
const WOULD_BLOCK = 11;
const TAKEN = 1;

/**
 * Node cannot lock a file itself. A lock of flock(2) belongs to the *open file*, which the perl shares with this process:
 * so it stays when that has ended, and goes when this process does, however it ends.
 */
const SCRIPT = `open my $file, '+<&=', ${FILE} or exit 2; exit(flock($file, shift) ? 0 : $! == ${WOULD_BLOCK} ? ${TAKEN} : 2)`;

/** What the script is given: LOCK_EX, and LOCK_NB with it, which gives an answer at once. */
const EXCLUSIVE = 2;
const AT_ONCE = 6;

/** The result of trying to lock a file. `unavailable`: its file system has no such locks. */
type KernelLock =
  | { readonly kind: 'held'; release(): void }
  | { readonly kind: 'taken' }
  | { readonly kind: 'unavailable' };

/**
 * Locks a file, which is made where it is missing and never removed, for as long as this process lives. The kernel
 * gives it to one process at a time and takes it back when that ends: nothing can be left behind, so nobody need ever
 * judge whether a claim is stale.
 * @param wait whether to wait for who has it; then it is never `taken`
 * @throws PerlMissing, errors of the file system
 */
export async function lockFile(
  path: string,
  { wait = false }: { readonly wait?: boolean } = {},
): Promise<KernelLock> {
  // Node opens files so that no program it starts inherits them. A number, as an object nobody holds would be closed.
  const file = openSync(path, 'a+', 0o600);
  const child = spawn(findPerl(), ['-e', SCRIPT, String(wait ? EXCLUSIVE : AT_ONCE)], {
    stdio: ['ignore', 'ignore', 'ignore', file],
  });
  const [status]: (number | null)[] = await once(child, 'exit');
  if (status === 0) return { kind: 'held', release: () => closeSync(file) };
  closeSync(file);
  return { kind: status === TAKEN ? 'taken' : 'unavailable' };
}
