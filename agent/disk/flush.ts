import { statSync } from 'node:fs';
import { mapBounded } from '../../state/formula/concurrency.js';
import { sync } from '../../state/storage/durable.js';
import { syncFileSystem } from './sync-file-system.js';

/** Files whose fsync is under way. */
const WIDTH = 16;

/** From so many files on, one `syncfs` of the file system they are on takes less than an fsync of each. */
const MANY = 32;

/** Makes files and directories of one file system survive a power cut: their content, and what is in them. */
export async function flush(paths: readonly string[]): Promise<void> {
  const [first] = paths;
  if (first !== undefined && paths.length >= MANY && (await syncFileSystem(first))) return;
  await mapBounded(paths, WIDTH, sync);
}

interface Gathering {
  count: number;
  readonly synced: Promise<boolean>;
}

/** What was asked for in this turn of the event loop, by the number of the file system. */
const gathered = new Map<number, Gathering>();

/**
 * The same for one of them, on any file system. Those of one that are asked for in the same turn of the event loop are
 * many together: the units whose records one commit of the journal made durable go on at the same moment.
 */
export async function flushTogether(path: string): Promise<void> {
  const { dev } = statSync(path);
  const gathering = gathered.get(dev) ?? gather(dev, path);
  gathering.count += 1;
  if (!(await gathering.synced)) await sync(path);
}

function gather(dev: number, first: string): Gathering {
  const gathering: Gathering = {
    count: 0,
    synced: new Promise((resolve) => {
      setImmediate(() => {
        gathered.delete(dev);
        resolve(gathering.count >= MANY && syncFileSystem(first));
      });
    }),
  };
  gathered.set(dev, gathering);
  return gathering;
}
