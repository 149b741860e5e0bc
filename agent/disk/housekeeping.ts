import { readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Timer } from '../../state/platform/clock.js';
import type { Log } from '../contract/log.js';
import { UNPACKED } from './bundle-cache.js';
import { bytesUnder } from './bytes-under.js';
import type { DataDirectory } from './data-directory.js';
import type { Leftovers } from './leftovers.js';
import type { Staging } from './staging.js';

const HOUR = 3_600_000;

/** The space that the agent's data takes on its disk, in bytes. */
export interface DiskUse {
  readonly units: number;
  readonly cache: number;
  /** The bytes that an agent without superuser rights could still write. */
  readonly free: number;
}

/** The needs of looking after a data directory. */
interface HouseKeeping {
  readonly clock: Clock;
  readonly log: Log;
  readonly leftovers: Leftovers;
  readonly staging: Pick<Staging, 'leftOver'>;
  /** Called with each new measurement. */
  readonly told: (use: DiskUse) => void;
}

/**
 * Removes bundles that no unit runs, keeps or goes to, and what an agent before this one left over, and tells what the
 * agent takes of the disk: now and every hour.
 * @param needed the sha256 of every bundle that is needed
 * @returns what ends it
 */
export function keepHouse(
  directory: DataDirectory,
  needed: () => ReadonlySet<string>,
  { clock, log, leftovers, staging, told }: HouseKeeping,
): () => void {
  let timer: Timer | undefined;
  let over = false;

  async function work(): Promise<void> {
    try {
      await pruneCache(directory.cache, needed(), clock.now());
      leftovers.add(await staging.leftOver(directory.units));
      told(await diskUse(directory));
    } catch (error) {
      log.warning('the data directory cannot be looked after', { error });
    }
    if (!over) timer = clock.after(HOUR, () => void work());
  }

  void work();
  return () => {
    over = true;
    timer?.cancel();
  };
}

/**
 * Removes what is not needed from the cache. Only what is an hour old: a bundle that was just fetched may be waiting
 * for the unit that will name it in the journal.
 * @param now milliseconds since the epoch
 */
export async function pruneCache(cache: string, needed: ReadonlySet<string>, now: number): Promise<void> {
  for (const name of await readdir(cache)) {
    // The one that unpacked it removes it.
    if (name.includes(UNPACKED)) continue;
    const path = join(cache, name);
    const found = await stat(path).catch(() => undefined);
    const old = found !== undefined && now - found.mtimeMs > HOUR;
    if (old && !needed.has(name.split('.', 1)[0] ?? '')) await rm(path, { recursive: true, force: true });
  }
}

async function diskUse({ root, units, cache }: DataDirectory): Promise<DiskUse> {
  const [ofUnits, ofCache, disk] = await Promise.all([bytesUnder(units), bytesUnder(cache), statfs(root)]);
  return { units: ofUnits, cache: ofCache, free: disk.bavail * disk.bsize };
}
