import type { Coordinator, Operation } from '../state/coordination/coordinator.js';
import { VersionConflict } from '../state/coordination/errors.js';
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

  return {
    get: (path) => coordinator.get(path),
    getMany: (paths) => coordinator.getMany(paths),
    children: (path) => coordinator.children(path),
    create: (path, value, options) => write([{ kind: 'create', path, value, ...options }]),
    async set(path, value, version) {
      await write([{ kind: 'set', path, value, ...(version !== undefined && { version }) }]);
      return version === undefined ? ((await coordinator.get(path))?.version ?? 0) : version + 1;
    },
    remove: (path, version) => write([{ kind: 'remove', path, ...(version !== undefined && { version }) }]),
    transaction: write,
    observe: (path, look) => coordinator.observe(path, look),
    observeChildren: (path, look) => coordinator.observeChildren(path, look),
    onSession: (listener) => coordinator.onSession(listener),
    savedSession: () => coordinator.savedSession(),
    close: (options) => coordinator.close(options),
  };
}
