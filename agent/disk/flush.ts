import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { mapBounded } from '../../state/formula/concurrency.js';
import { sync } from '../../state/storage/durable.js';

/** Files whose fsync is under way. */
const WIDTH = 16;

/** From so many files on, one `syncfs` of the file system they are on takes less than an fsync of each. */
const MANY = 200;

const run = promisify(execFile);

/** Makes files and directories of one file system survive a power cut: their content, and what is in them. */
export async function flush(paths: readonly string[]): Promise<void> {
  const [first] = paths;
  if (first !== undefined && paths.length >= MANY && (await flushAll(first))) return;
  await mapBounded(paths, WIDTH, sync);
}

/** `sync -f` of coreutils and busybox; false where there is none, or what it wrote met an error. */
async function flushAll(path: string): Promise<boolean> {
  try {
    await run('sync', ['-f', path]);
    return true;
  } catch {
    return false;
  }
}
