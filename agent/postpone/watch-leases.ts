import { type FSWatcher, watch } from 'node:fs';
import type { Clock, Timer } from '../../state/platform/clock.js';
import { busyDirectory } from './leases.js';

/** The longest that a timer may wait at once. */
const LONGEST = 3_600_000;

/** Called when something may have ended a unit's being busy. */
interface Look {
  /** A lease was ended or begun. */
  event(): void;
  /** It is time to look. */
  time(): void;
}

/**
 * Tells of everything that may end a unit's being busy, while something waits for it: a lease that is ended or begun, at
 * once; and what tells nobody that it ends, when it is time to look.
 * @param pause milliseconds until the next look; asked after each
 * @returns ends it
 */
export function watchLeases(root: string, clock: Clock, pause: () => number, look: Look): () => void {
  let isOver = false;
  let timer: Timer | undefined;
  const watcher = watchIfPossible(busyDirectory(root), () => look.event());
  const again = (): void => {
    timer = clock.after(Math.min(LONGEST, pause()), () => {
      look.time();
      if (!isOver) again();
    });
  };
  again();
  return () => {
    isOver = true;
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
