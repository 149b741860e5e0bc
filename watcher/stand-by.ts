import { hostname } from 'node:os';
import { askWatcher } from '../control/watching/check.js';
import { readWatchedRepositories } from '../control/watching/watched-repositories.js';
import { readWatcherState } from '../control/watching/watcher-state.js';
import type { Coordinator } from '../state/coordination/coordinator.js';
import type { Clock } from '../state/platform/clock.js';
import { EnsembleError } from '../state/platform/errors.js';
import { WATCHER } from './core/seen.js';

/**
 * Milliseconds for which a wish waits for whoever leads: longer than the session of a leader that was killed. Who comes to
 * lead after that looks at everything.
 */
const PATIENCE = 15_000;

/**
 * The repositories that are watched in an environment in which another watcher leads, as services remember them.
 * @returns undefined where that is not known: nobody looked yet, or the state does not answer
 */
export async function watchedByLeader(coordinator: Coordinator): Promise<readonly string[] | undefined> {
  try {
    const [state, watched] = await Promise.all([
      readWatcherState(coordinator),
      readWatchedRepositories(coordinator),
    ]);
    return state?.lastPassAt === undefined ? undefined : watched.map(({ location }) => location);
  } catch (error) {
    if (!(error instanceof EnsembleError)) throw error;
    return undefined;
  }
}

/**
 * Has the watcher that leads in an environment ask repositories now, as a command would.
 * @param keys as `repositoryKey` has them
 * @param signal ends the waiting
 * @throws EnsembleError where the state does not answer
 */
export async function passOn(
  coordinator: Coordinator,
  keys: ReadonlySet<string>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const by = `${WATCHER}${hostname()}`;
  const requestedAt = new Date(clock.now()).toISOString();
  const request = { by, requestedAt, repositories: [...keys] };
  await askWatcher(coordinator, request, { clock, patience: PATIENCE, signal });
}
