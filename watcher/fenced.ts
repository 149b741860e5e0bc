import type { Coordinator, Operation } from '../state/coordination/coordinator.js';
import { VersionConflict } from '../state/coordination/errors.js';
import { writingBy } from '../state/coordination/writing-by.js';
import { WatcherDeposed } from './contract/errors.js';

/**
 * The coordinator as a watcher writes to it: nothing of what it writes is applied once another one leads. The check goes with
 * the write, in one request.
 * @param guard of the leadership
 */
export function fencedCoordinator(coordinator: Coordinator, guard: Operation): Coordinator {
  async function write(operations: readonly Operation[]): Promise<void> {
    if (operations.length === 0) return;
    try {
      await coordinator.transaction([guard, ...operations.filter((each) => each !== guard)]);
    } catch (error) {
      if (error instanceof VersionConflict && error.path === guard.path)
        throw new WatcherDeposed({}, { cause: error });
      throw error;
    }
  }

  return writingBy(coordinator, write);
}
