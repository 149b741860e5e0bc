import type { Coordinator } from '../../state/coordination/coordinator.js';
import { recordEnvironmentOperations } from '../../state/model/history.js';
import { type HistoryEntry, requestEntry } from '../../state/model/history-entry.js';
import type { Requester } from '../../state/model/requester.js';
import type { WatcherState } from '../../state/model/watcher.js';
import { readWatcherState, setWatcherState } from './watcher-state.js';

type Paused = NonNullable<WatcherState['paused']>;

/** Has the watcher look at nothing in this environment. @returns who paused it, which may be somebody before */
export async function pauseWatching(
  coordinator: Coordinator,
  reason: string | undefined,
  by: Requester,
): Promise<Paused> {
  const before = (await readWatcherState(coordinator))?.paused;
  if (before !== undefined) return before;
  const paused = { by: by.by, since: by.requestedAt, ...(reason !== undefined && { reason }) };
  const asked = requestEntry(by, { what: 'pause-watcher', message: reason ?? '' });
  await change(coordinator, asked, (state) => ({ ...state, paused: state.paused ?? paused }));
  return paused;
}

/** Has it look again. @returns whether it was paused */
export async function resumeWatching(coordinator: Coordinator, by: Requester): Promise<boolean> {
  const before = (await readWatcherState(coordinator))?.paused;
  if (before === undefined) return false;
  const asked = requestEntry(by, { what: 'resume-watcher', message: `paused by ${before.by}` });
  await change(coordinator, asked, ({ paused: _, ...rest }) => rest);
  return true;
}

async function change(
  coordinator: Coordinator,
  asked: HistoryEntry,
  to: (state: WatcherState) => WatcherState,
): Promise<void> {
  await setWatcherState(coordinator, () => recordEnvironmentOperations(coordinator, asked), to);
}
