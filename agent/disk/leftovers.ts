import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, Timer } from '../../state/platform/clock.js';
import type { Log } from '../contract/log.js';
import { removeTree } from './remove-tree.js';

/** Milliseconds without another path after which removing begins: an upgrade of many units goes first. */
const QUIET = 1_000;

/** Milliseconds after which it begins all the same, so that a long rollout does not fill the disk. */
const LONGEST_WAIT = 60_000;

/** Files that only take up room: removed when there is time for it. */
export interface Leftovers {
  /** Takes absolute paths. What is not removed because the agent ends, housekeeping gives again. */
  add(paths: readonly string[]): void;
  /** Removes no more; resolves when it is not at work. */
  close(): Promise<void>;
}

/**
 * Removes old formulas after an upgrade of many units and not between them: it takes a tenth of the agent's time, and
 * some file systems find new inodes slowly among those that were just given back.
 */
export function clearLeftovers(clock: Clock, log: Log): Leftovers {
  const waiting: string[] = [];
  let since: number | undefined;
  let timer: Timer | undefined;
  let work = Promise.resolve();
  let over = false;

  async function clear(): Promise<void> {
    for (let path = waiting.shift(); path !== undefined && !over; path = waiting.shift()) {
      await turn();
      await removeTree(path).catch((error: unknown) =>
        log.warning('something is left over', { path, error }),
      );
    }
  }

  return {
    add(paths) {
      if (over || paths.length === 0) return;
      waiting.push(...paths);
      since ??= clock.monotonic();
      timer?.cancel();
      const wait = Math.min(QUIET, since + LONGEST_WAIT - clock.monotonic());
      timer = clock.after(Math.max(0, wait), () => {
        since = undefined;
        work = work.then(clear);
      });
    },
    async close() {
      over = true;
      timer?.cancel();
      await work;
    },
  };
}
