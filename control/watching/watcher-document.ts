import type { Coordinator } from '../../state/coordination/coordinator.js';
import type { Problem } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { readDeliveries } from '../../state/model/watcher-deliveries.js';
import type { WatcherState } from '../../state/model/watcher.js';
import { readWatchedRepositories } from './watched-repositories.js';
import { readWatcherState } from './watcher-state.js';

/** Periods without a look after which a watcher is said to be late. */
const LATE = 3;

/**
 * How it is with the watcher: `never` where none ever led here, `ended` where none does now, `late` where the one that leads did
 * not look for three periods.
 */
export type WatcherStanding = 'never' | 'watching' | 'late' | 'ended' | 'paused';

/** What `ensemble watcher status` prints; fields are added, never renamed. */
export type WatcherDocument = WatcherState & {
  readonly state: WatcherStanding;
  /** Whether the process that is named leads now; absent where none ever did. */
  readonly leads?: boolean;
  readonly repositories: { readonly total: number; readonly failing: number };
  /** Announcements that are not delivered yet, and those that were given up. */
  readonly deliveries: { readonly waiting: number; readonly dead: number };
};

/**
 * How it is with the watcher.
 * @param now milliseconds since 1970
 * @param leads whether one leads now, where that was asked
 */
export function standingOf(state: WatcherState | undefined, now: number, leads = true): WatcherStanding {
  if (state?.paused !== undefined) return 'paused';
  if (state?.since === undefined) return 'never';
  if (!leads) return 'ended';
  const last = Date.parse(state.lastPassAt ?? state.since);
  return now - last > LATE * (state.period ?? 60_000) ? 'late' : 'watching';
}

/** All that is known of the watcher. @param problems gets the nodes that cannot be read */
export async function watcherDocument(
  coordinator: Coordinator,
  now: number,
  problems: Problem[],
): Promise<WatcherDocument> {
  const [leader, state, repositories, deliveries] = await Promise.all([
    // It goes with the session of the process, and is carried to no other environment.
    coordinator.get(paths.watcherLeader),
    readWatcherState(coordinator, problems),
    readWatchedRepositories(coordinator, problems),
    readDeliveries(coordinator, problems),
  ]);
  const count = (wanted: string): number =>
    deliveries.filter(({ delivery }) => delivery.state === wanted).length;
  const failing = repositories.filter(({ outcome }) => outcome !== 'ok').length;
  const leads = leader !== undefined;
  const { askedSince: _since, unanswered: _keys, ...known } = state ?? {};
  return {
    ...known,
    state: standingOf(state, now, leads),
    ...(state?.since !== undefined && { leads }),
    repositories: { total: repositories.length, failing },
    deliveries: { waiting: count('waiting'), dead: count('dead') },
  };
}
