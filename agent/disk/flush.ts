import { mapBounded } from '../../state/formula/concurrency.js';
import { sync } from '../../state/storage/durable.js';
import { syncFileSystem } from './sync-file-system.js';

/** Files whose fsync is under way. */
const WIDTH = 16;

/** From so many files on, one `syncfs` of the file system they are on takes less than an fsync of each. */
const MANY = 200;

/** Makes files and directories of one file system survive a power cut: their content, and what is in them. */
export async function flush(paths: readonly string[]): Promise<void> {
  const [first] = paths;
  if (first !== undefined && paths.length >= MANY && (await syncFileSystem(first))) return;
  await mapBounded(paths, WIDTH, sync);
}
