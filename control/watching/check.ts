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
  /** Those of them that did not answer yet; and others, which were left alone, as their host is asked too often. */
  readonly unanswered: readonly string[];
  readonly leftAlone: readonly string[];
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
  const location = subject === undefined ? undefined : await locationOf(coordinator, subject);
  return askWatcher(coordinator, { ...by, ...(location !== undefined && { location }) }, { clock, patience });
}

/**
 * Puts a wish for repositories to be asked before the watcher that leads, and waits until it was seen to. Where nobody leads,
 * whoever comes to lead meanwhile sees to it.
 * @param patience milliseconds
 * @param signal ends the waiting
 */
export async function askWatcher(
  coordinator: Coordinator,
  request: Requester & { readonly location?: string; readonly repositories?: readonly string[] },
  {
    clock,
    patience,
    signal,
  }: { readonly clock: Clock; readonly patience: number; readonly signal?: AbortSignal },
): Promise<Checked> {
  await ensureWatcherNodes(coordinator);
  const path = paths.watcherCheck(newChangeId());
  await coordinator.create(path, nodeValue(request), { ephemeral: true });
  const answered = new AbortController();
  let checked: Checked = { asked: undefined, unanswered: [], leftAlone: [] };
  const observation = coordinator.observe(path, (node) => {
    const {
      asked,
      unanswered = [],
      leftAlone = [],
    } = parseSound(path, watcherCheckSchema, node, [])?.value ?? {};
    if (asked !== undefined) checked = { asked, unanswered, leftAlone };
    if (asked !== undefined) answered.abort();
  });
  const enough = signal === undefined ? answered.signal : AbortSignal.any([answered.signal, signal]);
  await pause(clock, patience, enough).catch(() => undefined);
  observation.close();
  await coordinator.remove(path).catch(() => undefined);
  return checked;
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
