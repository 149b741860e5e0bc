import { statSync } from 'node:fs';
import { readdir, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, Timer } from '../../state/clock.js';
import type { Log } from '../log.js';
import type { DataDirectory } from './data-directory.js';
import type { Leftovers } from './leftovers.js';
import { formulasLeftOver } from './unit-directory.js';
import { removeUnclaimed, UNPACKED } from './unpacked.js';

const HOUR = 3_600_000;

/** Files that are asked for before hooks and requests get their turn. */
const MOST_AT_ONCE = 200;

/** What the agent's data takes of its disk, in bytes. */
export interface DiskUse {
  readonly units: number;
  readonly cache: number;
  /** What an agent that is no superuser could still write. */
  readonly free: number;
}

/** What is needed to look after a data directory. */
export interface HouseKeeping {
  readonly clock: Clock;
  readonly log: Log;
  readonly leftovers: Leftovers;
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
  { clock, log, leftovers, told }: HouseKeeping,
): () => void {
  let timer: Timer | undefined;
  let over = false;

  async function work(): Promise<void> {
    try {
      await pruneCache(directory.cache, needed(), clock.now());
      await removeUnclaimed();
      leftovers.add(await formulasLeftOver(directory.units));
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
    // Whoever unpacked it removes it.
    if (name.includes(UNPACKED)) continue;
    const path = join(cache, name);
    const found = await stat(path).catch(() => undefined);
    const old = found !== undefined && now - found.mtimeMs > HOUR;
    if (old && !needed.has(name.split('.', 1)[0] ?? '')) await rm(path, { recursive: true, force: true });
  }
}

export async function diskUse({ root, units, cache }: DataDirectory): Promise<DiskUse> {
  const [ofUnits, ofCache, disk] = await Promise.all([bytesUnder(units), bytesUnder(cache), statfs(root)]);
  return { units: ofUnits, cache: ofCache, free: disk.bavail * disk.bsize };
}

/**
 * What vanishes while it is measured counts for nothing. One directory after the other: the files of all units asked for
 * together held more memory than all else that the agent remembers.
 */
async function bytesUnder(directory: string): Promise<number> {
  const waiting = [directory];
  let bytes = 0;
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const entries = await readdir(at, { withFileTypes: true }).catch(() => []);
    for (const [index, entry] of entries.entries()) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) waiting.push(path);
      else if (entry.isFile()) bytes += sizeOf(path);
      if (index % MOST_AT_ONCE === MOST_AT_ONCE - 1) await turn();
    }
  }
  return bytes;
}

/** At once: handing each file to another thread takes several times longer. */
function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
