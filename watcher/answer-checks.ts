import { placeOf } from '../state/formula/repositories/place.js';
import { nodeValue, parseSound } from '../state/model/entity.js';
import { CHECK, paths } from '../state/model/paths.js';
import { watcherCheckSchema } from '../state/model/watcher.js';
import { EnsembleError } from '../state/platform/errors.js';
import type { Led } from './contract/led.js';
import { repositoryKey } from './listener/payload.js';
import type { LookedOnce } from './pass/passes.js';
import type { WatchedPlace } from './polling/poller.js';

/**
 * Answers the commands that want repositories of this environment asked now.
 * @param check asks those for which it holds, and gives how they answered
 */
export function answerChecks(
  led: Led,
  check: (which: (place: WatchedPlace) => boolean) => Promise<LookedOnce>,
): { close(): void } {
  const { session, log } = led;
  const { coordinator } = session;
  const taken = new Set<string>();
  const answer = async (name: string): Promise<void> => {
    const path = paths.watcherCheck(name.slice(CHECK.length));
    try {
      const request = parseSound(path, watcherCheckSchema, await coordinator.get(path), []);
      if (request === undefined || request.value.asked !== undefined) return;
      const { location, repositories } = request.value;
      const keys = repositories && new Set(repositories);
      const place = location === undefined ? undefined : placeOf(location);
      log.info('looks at once', { by: request.value.by, repository: location, repositories });
      const looked = await check((each) =>
        keys === undefined
          ? place === undefined || each.place === place
          : keys.has(repositoryKey(each.location) ?? ''),
      );
      await coordinator.set(path, nodeValue({ ...request.value, ...looked }));
    } catch (error) {
      // The command has gone, or another watcher leads.
      if (!(error instanceof EnsembleError)) throw error;
      log.debug('a look that was asked for could not be answered', { error });
    }
  };
  const observation = coordinator.observeChildren(paths.watcher, (names = []) => {
    for (const name of names)
      if (name.startsWith(CHECK) && !taken.has(name)) {
        taken.add(name);
        void answer(name);
      }
    for (const name of taken) if (!names.includes(name)) taken.delete(name);
  });
  return { close: () => observation.close() };
}
