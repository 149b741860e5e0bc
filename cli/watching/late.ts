import { standingOf } from '../../control/watching/watcher-document.js';
import type { NewerEntry } from '../../control/newer/newer-document.js';
import { readWatcherState } from '../../control/watching/watcher-state.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import type { WatcherState } from '../../state/model/watcher.js';
import { systemClock } from '../../state/platform/clock.js';
import { printable } from '../../state/platform/printable.js';
import type { Output } from '../output/output.js';
import { ago } from './ago.js';

/** Says that the watcher is paused, or has not looked for three periods: what is shown as newer is older than it seems. */
export async function warnOfLateWatcher(coordinator: Coordinator, output: Output): Promise<void> {
  const now = systemClock.now();
  const state = await readWatcherState(coordinator);
  if (state?.paused !== undefined) warnOfPause(state.paused, now, output, 'ensemble watcher resume');
  if (state === undefined || standingOf(state, now) !== 'late') return;
  const last = state.lastPassAt ?? state.since;
  const when = last === undefined ? 'never looked' : `looked ${ago(last, now)}`;
  output.warn(
    `the watcher ${when} for the last time, and should every ${(state.period ?? 0) / 1_000} s: ensemble watcher status`,
  );
}

/** The same of what a command shows that the watcher found before it was paused. @param next the command that shows more */
export function warnOfPausedWatcher(
  entries: Readonly<Record<string, NewerEntry>>,
  output: Output,
  next: string,
): void {
  const paused = Object.values(entries).find((each) => each.paused !== undefined)?.paused;
  if (paused !== undefined) warnOfPause(paused, systemClock.now(), output, next);
}

function warnOfPause(
  { by, since }: NonNullable<WatcherState['paused']>,
  now: number,
  output: Output,
  next: string,
): void {
  output.warn(
    `what is newer was found before the watcher was paused, ${ago(since, now)} by ${printable(by)}: ${next}`,
  );
}
