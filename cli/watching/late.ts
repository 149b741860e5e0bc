import { standingOf } from '../../control/watching/watcher-document.js';
import { readWatcherState } from '../../control/watching/watcher-state.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { systemClock } from '../../state/platform/clock.js';
import type { Output } from '../output/output.js';
import { ago } from './ago.js';

/** Says that the watcher has not looked for three periods: what is shown as newer is older than it seems. */
export async function warnOfLateWatcher(coordinator: Coordinator, output: Output): Promise<void> {
  const now = systemClock.now();
  const state = await readWatcherState(coordinator);
  if (state === undefined || standingOf(state, now) !== 'late') return;
  const last = state.lastPassAt ?? state.since;
  const when = last === undefined ? 'never looked' : `looked ${ago(last, now)}`;
  output.warn(
    `the watcher ${when} for the last time, and should every ${(state.period ?? 0) / 1_000} s: ensemble watcher status`,
  );
}
