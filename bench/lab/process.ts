import { spawnSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { eventually } from '../../test/eventually.js';

/** Resident kilobytes and CPU milliseconds of a process so far. */
export async function usage(pid: number): Promise<{ readonly rss: number; readonly cpu: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
  // Fields 14 and 15 of proc(5), in ticks of 10 ms.
  return {
    rss: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0),
    cpu: 10 * (Number(fields[11]) + Number(fields[12])),
  };
}

/** CPU milliseconds of a process's threads so far, to the nanosecond: what is nearly nothing is none in ticks, or far too much. */
export async function exactCpu(pid: number): Promise<number> {
  const threads = await readdir(`/proc/${pid}/task`);
  const texts = threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8'));
  return (await Promise.all(texts)).reduce((sum, text) => sum + Number(text.split(' ')[0]) / 1e6, 0);
}

/**
 * Resolves when a process has used no CPU for a while: what it had to do is done, also what an agent puts off until it
 * has had nothing to do for a second.
 */
export async function idle(pid: number): Promise<void> {
  let before = -1;
  let quiet = 0;
  await eventually(async () => {
    const { cpu } = await usage(pid);
    quiet = cpu - before <= 10 ? quiet + 1 : 0;
    before = cpu;
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (quiet < 4) throw new Error(`process ${pid} does not come to rest`);
  }, 60_000);
}

/** Runs a command that must succeed, to its end, and tells how many milliseconds it took. */
export function timed(
  words: readonly [string, ...string[]],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): number {
  const [program, ...args] = words;
  const begun = performance.now();
  const { status, stderr, error } = spawnSync(program, args, {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ms = performance.now() - begun;
  if (status !== 0) throw new Error(`${words.join(' ')}: ${error?.message ?? stderr.toString()}`);
  return ms;
}

/**
 * Writes to the disk what whoever ran before has left in memory: otherwise who comes next and flushes pays for it.
 */
export function settleDisk(): void {
  spawnSync('sync');
}
