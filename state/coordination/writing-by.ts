import type { Coordinator, Operation } from './coordinator.js';

/**
 * A coordinator that reads as another one does, and of which each write goes through `write`: whoever fences what it writes
 * gives it a transaction with its check in it.
 * @param write is also given no operations at all
 */
export function writingBy(
  coordinator: Coordinator,
  write: (operations: readonly Operation[]) => Promise<void>,
): Coordinator {
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
