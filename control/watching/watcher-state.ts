import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue, type Problem, parseSound, readSound } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { ensureWatcherNodes, type WatcherState, watcherStateSchema } from '../../state/model/watcher.js';

/** Who watches the environment's repositories; undefined where nobody ever did. @param problems gets a node that cannot be read */
export async function readWatcherState(
  coordinator: Coordinator,
  problems: Problem[] = [],
): Promise<WatcherState | undefined> {
  return (await readSound(coordinator, paths.watcherState, watcherStateSchema, problems))?.value;
}

/**
 * Changes some of it, and keeps the rest.
 * @param others operations of the same transaction; a function makes them anew for each try
 * @returns what it is from now on
 */
export async function setWatcherState(
  coordinator: Coordinator,
  others: readonly Operation[] | (() => Promise<readonly Operation[]>),
  change: Partial<WatcherState> | ((before: WatcherState) => WatcherState),
): Promise<WatcherState> {
  await ensureWatcherNodes(coordinator);
  const path = paths.watcherState;
  return retryOnConflict('the state of the watcher', async () => {
    const node = await coordinator.get(path);
    const before = parseSound(path, watcherStateSchema, node, [])?.value ?? {};
    const next = typeof change === 'function' ? change(before) : { ...before, ...change };
    const value = nodeValue(next);
    await coordinator.transaction([
      ...(typeof others === 'function' ? await others() : others),
      node === undefined
        ? { kind: 'create', path, value }
        : { kind: 'set', path, value, version: node.version },
    ]);
    return next;
  });
}
