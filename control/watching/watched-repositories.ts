import type { Coordinator } from '../../state/coordination/coordinator.js';
import { placeOf } from '../../state/formula/repositories/place.js';
import { parseSound, type Problem } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { readRepositories } from '../../state/model/repositories.js';
import {
  type WatchedRepository,
  watchedRepositorySchema,
  type WatcherState,
} from '../../state/model/watcher.js';
import { readWatcherState } from './watcher-state.js';

/**
 * All repositories that the watcher looked at, by their places. A record that says nothing new is not written for that it was
 * asked again alone: the watcher's state says since when all were.
 * @param problems gets the nodes that cannot be read
 */
export async function readWatchedRepositories(
  coordinator: Coordinator,
  problems: Problem[] = [],
): Promise<readonly WatchedRepository[]> {
  const [keys = [], state] = await Promise.all([
    coordinator.children(paths.watcherRepositories),
    readWatcherState(coordinator),
  ]);
  const all = keys.map(paths.watcherRepository);
  const nodes = await coordinator.getMany(all);
  return all
    .flatMap((path, index): readonly WatchedRepository[] => {
      const record = parseSound(path, watchedRepositorySchema, nodes[index], problems)?.value;
      return record === undefined ? [] : [asAsked(record, keys[index] ?? '', state)];
    })
    .sort((a, b) => (a.location < b.location ? -1 : 1));
}

/** The record with when it was asked last. */
function asAsked(
  record: WatchedRepository,
  key: string,
  { askedSince, unanswered = [] }: WatcherState = {},
): WatchedRepository {
  if (askedSince === undefined || unanswered.includes(key) || record.at >= askedSince) return record;
  return { ...record, at: askedSince, ...(record.outcome === 'ok' && { lastOkAt: askedSince }) };
}

/** A repository that is watched, by the name that this environment has for it, where it has one: the first of several. */
export type NamedWatchedRepository = WatchedRepository & { readonly name?: string };

/** The same with the names that `repository add` gave. @param problems gets the nodes that cannot be read */
export async function readNamedWatched(
  coordinator: Coordinator,
  problems: Problem[],
): Promise<readonly NamedWatchedRepository[]> {
  const [watched, named] = await Promise.all([
    readWatchedRepositories(coordinator, problems),
    readRepositories(coordinator, problems),
  ]);
  const names = new Map(named.toReversed().map(({ name, url }) => [safePlaceOf(url), name]));
  return watched.map((each) => {
    const name = names.get(safePlaceOf(each.location));
    return name === undefined ? each : { ...each, name };
  });
}

/** What cannot be read as a place is one of its own. */
function safePlaceOf(location: string): string {
  try {
    return placeOf(location);
  } catch {
    return location;
  }
}
