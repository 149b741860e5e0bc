import { createHash } from 'node:crypto';
import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { placeOf } from '../../state/formula/repositories/place.js';
import { type Candidates, candidatesSchema } from '../../state/model/candidates.js';
import { nodeValue, parseSound, type Problem } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';

/** The node with the candidates of a repository, however that is spelled. @throws RepositoryUrlInvalid */
export function candidatesPath(repository: string): string {
  return paths.watcherCandidate(createHash('sha256').update(placeOf(repository)).digest('hex').slice(0, 16));
}

/** What the watcher knows to be open, by repository. @param problems gets the nodes that cannot be read */
export async function readCandidates(
  coordinator: Coordinator,
  problems: Problem[] = [],
): Promise<readonly Candidates[]> {
  const names = (await coordinator.children(paths.watcherCandidates)) ?? [];
  const nodes = await coordinator.getMany(names.map(paths.watcherCandidate));
  return names
    .flatMap(
      (name, index) =>
        parseSound(paths.watcherCandidate(name), candidatesSchema, nodes[index], problems)?.value ?? [],
    )
    .toSorted((a, b) => (a.url < b.url ? -1 : 1));
}

/**
 * The operation that writes what is open in a repository; none where the node says so already.
 * @throws RepositoryUrlInvalid, whatever reading throws
 */
export async function candidatesOperations(
  coordinator: Coordinator,
  next: Candidates,
): Promise<readonly Operation[]> {
  const path = candidatesPath(next.url);
  const node = await coordinator.get(path);
  const before = parseSound(path, candidatesSchema, node, [])?.value;
  const value = nodeValue(next);
  if (
    before !== undefined &&
    nodeValue(candidatesSchema.parse(before)) === nodeValue(candidatesSchema.parse(next))
  )
    return [];
  return node === undefined
    ? [{ kind: 'create', path, value }]
    : [{ kind: 'set', path, value, version: node.version }];
}
