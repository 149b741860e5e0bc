import type { Coordinator } from '../../state/coordination/coordinator.js';
import { parseSound, type Problem } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { type WatchedRepository, watchedRepositorySchema } from '../../state/model/watcher.js';

/** All repositories that the watcher looked at, by their places. @param problems gets the nodes that cannot be read */
export async function readWatchedRepositories(
  coordinator: Coordinator,
  problems: Problem[] = [],
): Promise<readonly WatchedRepository[]> {
  const keys = (await coordinator.children(paths.watcherRepositories)) ?? [];
  const all = keys.map(paths.watcherRepository);
  const nodes = await coordinator.getMany(all);
  return all
    .flatMap((path, index) => parseSound(path, watchedRepositorySchema, nodes[index], problems)?.value ?? [])
    .sort((a, b) => (a.location < b.location ? -1 : 1));
}
