import type { Coordinator } from '../../state/coordination/coordinator.js';
import { KEEP_REMOVED } from '../../state/model/kept.js';
import { paths } from '../../state/model/paths.js';
import { layoutSchema } from '../../state/model/environment-schemas.js';
import type { Log } from '../contract/log.js';
import { observeEntity } from './observe-entity.js';

/** For how long this environment keeps what removed units leave. */
interface KeepRemoved {
  /** Milliseconds; 0 keeps nothing. */
  current(): number;
  close(): void;
}

/**
 * Follows what the environment says of it.
 * @param own what this machine's `environments.yaml` says, which counts where the environment says nothing
 * @param changed called when it is another time than before
 */
export function watchKeepRemoved(
  coordinator: Coordinator,
  log: Log,
  own: number | undefined,
  changed: () => void,
): KeepRemoved {
  // Until the environment was asked nothing is to go that it may keep.
  let current = Math.max(own ?? KEEP_REMOVED, KEEP_REMOVED);
  const observation = observeEntity(coordinator, paths.layout, layoutSchema, log, (layout) => {
    // An environment that is gone says nothing: what it said last holds.
    if (layout === undefined) return;
    const next = layout.value.keepRemoved ?? own ?? KEEP_REMOVED;
    if (next === current) return;
    current = next;
    changed();
  });
  return { current: () => current, close: () => observation.close() };
}
