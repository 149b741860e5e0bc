import { stat } from 'node:fs/promises';
import type { Clock, Timer } from '../../state/platform/clock.js';
import type { UnitDirectory } from '../disk/unit-directory.js';

/** Milliseconds between two looks: two questions to the disk for each unit, which a machine at rest does not feel. */
export const LOOK_FOR_DIRECTORIES = 30_000;

/** A unit whose directory is looked for. */
export interface WatchedUnit {
  readonly name: string;
  readonly directory: Pick<UnitDirectory, 'root' | 'data'>;
  /** Its directory is not there. @returns whether it takes notice, which it does while it rests */
  misses(): boolean;
}

/**
 * Looks now and then whether the units' directories are there, so that a unit says that its own is missing before
 * anything is asked of it. Each is told of once, until it is there again. One disk that hangs holds up nothing but these
 * looks.
 * @returns ends it
 */
export function watchDirectories(units: () => Iterable<WatchedUnit>, clock: Clock): () => void {
  const missing = new Set<string>();
  let timer: Timer | undefined;
  let isOver = false;

  async function look(): Promise<void> {
    const all = [...units()];
    for (const name of missing) if (!all.some((unit) => unit.name === name)) missing.delete(name);
    for (const unit of all) {
      const isThere = await isDirectoryFound(unit.directory);
      if (isOver) return;
      if (isThere) missing.delete(unit.name);
      else if (!missing.has(unit.name) && unit.misses()) missing.add(unit.name);
    }
    again();
  }

  function again(): void {
    timer = clock.after(LOOK_FOR_DIRECTORIES, () => void look());
  }
  again();

  return () => {
    isOver = true;
    timer?.cancel();
  };
}

/** If the disk does not let it be seen, the next hook finds out. */
async function isDirectoryFound({ root, data }: WatchedUnit['directory']): Promise<boolean> {
  for (const path of [root, data]) {
    try {
      await stat(path);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    }
  }
  return true;
}
