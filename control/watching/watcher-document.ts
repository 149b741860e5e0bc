import type { Coordinator } from '../../state/coordination/coordinator.js';
import type { Problem } from '../../state/model/entity.js';
import { readDeliveries } from '../../state/model/watcher-deliveries.js';
import type { WatcherState } from '../../state/model/watcher.js';
import { readWatchedRepositories } from './watched-repositories.js';
import { readWatcherState } from './watcher-state.js';

/** Periods without a look after which a watcher is said to be late. */
const LATE = 3;

/** How it is with the watcher: `never` where none ever led here, `late` where it did not look for three periods. */
export type WatcherStanding = 'never' | 'watching' | 'late' | 'paused';

/** What `ensemble watcher status` prints; fields are added, never renamed. */
export type WatcherDocument = WatcherState & {
  readonly state: WatcherStanding;
  readonly repositories: { readonly total: number; readonly failing: number };
  /** Announcements that are not delivered yet, and those that were given up. */
  readonly deliveries: { readonly waiting: number; readonly dead: number };
};

/** How it is with the watcher. @param now milliseconds since 1970 */
export function standingOf(state: WatcherState | undefined, now: number): WatcherStanding {
  if (state?.paused !== undefined) return 'paused';
  if (state?.since === undefined) return 'never';
  const last = Date.parse(state.lastPassAt ?? state.since);
  return now - last > LATE * (state.period ?? 60_000) ? 'late' : 'watching';
}

/** All that is known of the watcher. @param problems gets the nodes that cannot be read */
export async function watcherDocument(
  coordinator: Coordinator,
  now: number,
  problems: Problem[],
): Promise<WatcherDocument> {
  const [state, repositories, deliveries] = await Promise.all([
    readWatcherState(coordinator, problems),
    readWatchedRepositories(coordinator, problems),
    readDeliveries(coordinator, problems),
  ]);
  const count = (wanted: string): number =>
    deliveries.filter(({ delivery }) => delivery.state === wanted).length;
  const failing = repositories.filter(({ outcome }) => outcome !== 'ok').length;
  const { askedSince: _since, unanswered: _keys, ...known } = state ?? {};
  return {
    ...known,
    state: standingOf(state, now),
    repositories: { total: repositories.length, failing },
    deliveries: { waiting: count('waiting'), dead: count('dead') },
  };
}
