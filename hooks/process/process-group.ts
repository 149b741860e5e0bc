import { type Clock, pause } from '../../state/platform/clock.js';
import { findGroupMembers, sendSignal } from './process-table.js';

/** How often a group that was told to end is looked at, in milliseconds. */
const LOOK_INTERVAL = 25;

/** The process group of a run: the hook, and what it started in it. */
export interface ProcessGroup {
  /** The number of its leader: the hook. */
  readonly id: number;
  /** `ENSEMBLE_CLIENT_ID=…`, which every process of the run inherited. */
  readonly mark: string;
  /** True if the leader itself lives; then the number of the group is certainly its own. */
  leaderLives(): boolean;
  /** True if somebody lives who writes the hook's status down when it has ended. */
  isWaitedFor(): boolean;
}

/** Ends a group: SIGTERM, at most `killDelay` milliseconds, SIGKILL. Resolves when it is empty or was killed. */
export async function endGroup(group: ProcessGroup, killDelay: number, clock: Clock): Promise<void> {
  signalGroup(group, 'SIGTERM');
  const deadline = clock.monotonic() + killDelay;
  while (!isEmpty(group)) {
    const left = deadline - clock.monotonic();
    if (left <= 0) return signalGroup(group, 'SIGKILL');
    await pause(clock, Math.min(LOOK_INTERVAL, left));
  }
}

/** Kills what is left of a run whose end nobody saw. */
export function killRemains(group: ProcessGroup): void {
  signalGroup(group, 'SIGKILL');
}

function signalGroup(group: ProcessGroup, signal: NodeJS.Signals): void {
  const targets = group.leaderLives() ? [-group.id] : findGroupMembers(group.id, group.mark);
  for (const target of targets) sendSignal(target, signal);
}

function isEmpty(group: ProcessGroup): boolean {
  return !group.leaderLives() && findGroupMembers(group.id, group.mark).length === 0;
}
