import type { Coordinator } from '../../state/coordination/coordinator.js';
import { placeOf } from '../../state/formula/repositories/place.js';
import { newChangeId } from '../../state/model/conflict.js';
import { nodeValue, parseSound } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { readRepository } from '../../state/model/repositories.js';
import type { Requester } from '../../state/model/requester.js';
import { ensureWatcherNodes, watcherCheckSchema } from '../../state/model/watcher.js';
import { type Clock, pause } from '../../state/platform/clock.js';
import { repositoryNameFault } from '../repositories/open-named.js';

/** What came of a look that somebody asked for: repositories that were asked; undefined where nobody answered in time. */
export interface Checked {
  readonly asked: number | undefined;
}

/**
 * Has the watcher ask repositories at once, also those that it leaves alone because they failed, and waits until it did.
 * @param subject the name, the URL or the path of one; default: all
 * @param patience milliseconds
 */
export async function checkNow(
  coordinator: Coordinator,
  subject: string | undefined,
  by: Requester,
  { clock, patience }: { readonly clock: Clock; readonly patience: number },
): Promise<Checked> {
  await ensureWatcherNodes(coordinator);
  const location = subject === undefined ? undefined : await locationOf(coordinator, subject);
  const path = paths.watcherCheck(newChangeId());
  const request = { ...by, ...(location !== undefined && { location }) };
  await coordinator.create(path, nodeValue(request), { ephemeral: true });
  const answered = new AbortController();
  let asked: number | undefined;
  const observation = coordinator.observe(path, (node) => {
    asked = parseSound(path, watcherCheckSchema, node, [])?.value.asked;
    if (asked !== undefined) answered.abort();
  });
  await pause(clock, patience, answered.signal).catch(() => undefined);
  observation.close();
  await coordinator.remove(path).catch(() => undefined);
  return { asked };
}

/** @throws RepositoryUrlInvalid */
async function locationOf(coordinator: Coordinator, subject: string): Promise<string> {
  if (repositoryNameFault(subject) === undefined) {
    const named = await readRepository(coordinator, subject);
    if (named !== undefined) return named.url;
  }
  placeOf(subject);
  return subject;
}
