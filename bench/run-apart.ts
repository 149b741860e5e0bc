import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Benchmark, Result, Told } from './benchmark.js';

/**
 * Runs one benchmark as a process of its own and gives what it found. Whatever ends it (its end, an error, its limit,
 * `signal`), its whole process group is killed and its directories are removed. The servers and agents of a benchmark
 * die with it, so that `kill -9` of all leaves directories at most.
 * @throws Error when it failed or did not end in time
 */
export async function runApart(benchmark: Benchmark, quick: boolean, signal: AbortSignal): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'eb-'));
  const one = fileURLToPath(new URL('./one.js', import.meta.url));
  const words = ['--pdeathsig', 'KILL', process.execPath, one, benchmark.name, quick ? 'quick' : 'full'];
  const child = spawn('setpriv', words, {
    detached: true,
    env: { ...process.env, TMPDIR: directory },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let found: Result | undefined;
  let why = 'it failed';
  const end = (reason: string): void => {
    why = reason;
    killGroup(child.pid);
  };
  child.once('message', (message: Told) => {
    if ('found' in message) found = message.found;
    end('cannot' in message ? message.cannot : 'it is done');
  });
  const timer = setTimeout(() => end(`it did not end in ${benchmark.limit} s`), benchmark.limit * 1_000);
  const abort = (): void => end('it was interrupted');
  signal.addEventListener('abort', abort);
  try {
    await once(child, 'close');
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    killGroup(child.pid);
    await rm(directory, { recursive: true, force: true, maxRetries: 20 });
  }
  if (found === undefined) throw new Error(why);
  return found;
}

/** Nothing happens where all of it is gone. */
function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {}
}
