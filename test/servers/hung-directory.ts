import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { chmod, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileDigest } from '../../state/storage/digest.js';

const run = promisify(execFile);

/**
 * Has whoever opens the file hang in the kernel, as on a network mount whose server is away, until what this gives is
 * called, 45 seconds at most: another process has a lease on the file, and does not let go of it.
 */
export async function hang(file: string): Promise<() => Promise<void>> {
  await chmod(file, 0o600);
  const child = spawn('perl', ['-e', lease, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended.then(() => assert.fail(`no lease on ${file}`))]);
  child.unref();
  return async () => {
    child.kill('SIGKILL');
    await ended;
  };
}

/** F_SETLEASE of F_WRLCK; SIGIO asks for the lease back. */
const lease =
  '$SIG{IO} = sub {}; open my $f, "+<", $ARGV[0] or die "$!"; fcntl $f, 1024, 1 or die "$!"; \
$| = 1; print "held"; $SIG{ALRM} = "DEFAULT"; alarm 100; sleep 100 while 1';

/** Puts a pipe that nobody writes in the place of a file, which is kept as `<file>.whole`. */
export async function putPipeInPlaceOf(file: string): Promise<void> {
  await rename(file, `${file}.whole`);
  await run('mkfifo', [file]);
}

/** The object in a directory storage that holds what `bundle` does, by its name: none is opened, as one may hang. */
export async function objectOf(storage: string, bundle: string): Promise<string> {
  const { sha256 } = await fileDigest(bundle);
  for (const entry of await readdir(storage, { recursive: true, withFileTypes: true }))
    if (entry.isFile() && entry.name.startsWith(sha256)) return join(entry.parentPath, entry.name);
  throw new Error('the bundle is not in the storage');
}

/** The living processes that a process has for its directory storages, by what stands in their command line. */
export function helpersOf(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const isHelper = /abandoned/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
        return isHelper && Number(ppid) === parent && state !== 'Z';
      } catch {
        // It ended meanwhile.
        return false;
      }
    })
    .map(Number);
}
