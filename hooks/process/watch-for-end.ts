import { type FSWatcher, watch } from 'node:fs';
import type { Clock, Timer } from '../../state/platform/clock.js';
import type { HookEnd } from './outcome.js';
import type { ProcessGroup } from './process-group.js';
import { readStatus } from './run-directory.js';

/**
 * How often the processes of a run are looked at that are no children of this one, in milliseconds: only an end that
 * nobody writes down needs it. Slowly, where somebody else tells the end, unless he is killed.
 */
const lookIntervals = { 'at-once': 250, slowly: 1_000 };

/** Waits for the end of a run of another process's child: by its status file, or by its being gone without one. */
export function watchForEnd(
  runDirectory: string,
  group: ProcessGroup,
  clock: Clock,
  pace: 'at-once' | 'slowly' = 'at-once',
): { ended: Promise<HookEnd>; release(): void } {
  let timer: Timer | undefined;
  let watcher: FSWatcher | undefined;
  let released = false;
  const release = (): void => {
    released = true;
    timer?.cancel();
    watcher?.close();
  };
  const ended = new Promise<HookEnd>((resolve) => {
    const look = async (): Promise<void> => {
      // In this order: whoever writes the status and is gone must not be seen as gone without one.
      const lives = group.leaderLives() || group.isWaitedFor();
      const status = await readStatus(runDirectory).catch(() => undefined);
      if (released || (status === undefined && lives)) return;
      release();
      resolve(status === undefined ? { lost: true } : { status });
    };
    const lookAgain = (): void => {
      timer = clock.after(lookIntervals[pace], () => {
        void look().then(() => {
          if (!released) lookAgain();
        });
      });
    };
    if (pace === 'at-once') {
      watcher = watchIfPossible(runDirectory, () => void look());
      void look();
    }
    lookAgain();
  });
  return { ended, release };
}

/** The system's watches may be used up; looking from time to time is then enough. */
function watchIfPossible(directory: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(directory, onChange);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}
