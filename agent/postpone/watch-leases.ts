import { type FSWatcher, watch } from 'node:fs';
import type { Clock, Timer } from '../../state/platform/clock.js';
import { busyDirectory } from './leases.js';

/** Milliseconds between two looks at the processes whose leases an upgrade waits for: they tell nobody that they end. */
const LOOK = 250;

/**
 * Tells of everything that may end a unit's being busy, while something waits for it: a lease that is ended or begun, at
 * once; and processes and times, which tell nobody, four times a second.
 * @param look is called then; looks by itself whether anything changed
 * @returns ends it
 */
export function watchLeases(root: string, clock: Clock, look: () => void): () => void {
  let timer: Timer | undefined;
  const watcher = watchIfPossible(busyDirectory(root), look);
  const again = (): void => {
    timer = clock.after(LOOK, () => {
      again();
      look();
    });
  };
  again();
  return () => {
    timer?.cancel();
    watcher?.close();
  };
}

/** The system's watches may be used up; looking from time to time is then enough. */
function watchIfPossible(directory: string, look: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, look);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
