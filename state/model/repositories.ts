import type { Coordinator } from '../coordination/coordinator.js';
import { NodeExists } from '../coordination/errors.js';
import { retryOnConflict } from './conflict.js';
import { nodeValue, type Problem, readEntity, readSound } from './entity.js';
import { recordEnvironmentOperations } from './history.js';
import { requestEntry } from './history-entry.js';
import { paths } from './paths.js';
import type { Requester } from './requester.js';
import { type NamedRepository, namedRepositorySchema } from './environment-schemas.js';

/** A repository by the name that this environment has for it. */
export interface RepositoryByName extends NamedRepository {
  readonly name: string;
}

/** All repositories that have names here, sorted. @param problems gets the nodes that cannot be read */
export async function readRepositories(
  coordinator: Coordinator,
  problems: Problem[] = [],
): Promise<readonly RepositoryByName[]> {
  const names = (await coordinator.children(paths.repositories)) ?? [];
  const found = await Promise.all(
    [...names].sort().map(async (name) => {
      const entity = await readSound(coordinator, paths.repository(name), namedRepositorySchema, problems);
      return entity && { ...entity.value, name };
    }),
  );
  return found.filter((each) => each !== undefined);
}

/** The repository of this name, or undefined. @throws NodeInvalid */
export async function readRepository(
  coordinator: Coordinator,
  name: string,
): Promise<RepositoryByName | undefined> {
  const entity = await readEntity(coordinator, paths.repository(name), namedRepositorySchema);
  return entity && { ...entity.value, name };
}

/** Gives a repository a name. @returns false where there is one of that name */
export async function createRepository(
  coordinator: Coordinator,
  name: string,
  url: string,
  by: Requester,
): Promise<boolean> {
  await makeRoot(coordinator);
  const value: NamedRepository = { url, since: by.requestedAt, by: by.by };
  return retryOnConflict(`repository ${name}`, async () => {
    if ((await coordinator.get(paths.repository(name))) !== undefined) return false;
    await coordinator.transaction([
      { kind: 'create', path: paths.repository(name), value: nodeValue(value) },
      ...(await recordEnvironmentOperations(
        coordinator,
        requestEntry(by, { what: 'add-repository', message: `${name}: ${url}` }),
      )),
    ]);
    return true;
  });
}

/** Takes a name away. @returns whether there was one */
export async function removeRepository(
  coordinator: Coordinator,
  name: string,
  by: Requester,
): Promise<boolean> {
  return retryOnConflict(`repository ${name}`, async () => {
    const node = await coordinator.get(paths.repository(name));
    if (node === undefined) return false;
    await coordinator.transaction([
      { kind: 'remove', path: paths.repository(name), version: node.version },
      ...(await recordEnvironmentOperations(
        coordinator,
        requestEntry(by, { what: 'remove-repository', message: name }),
      )),
    ]);
    return true;
  });
}

/** Environments that were made before repositories had names have no node for them. */
async function makeRoot(coordinator: Coordinator): Promise<void> {
  if ((await coordinator.get(paths.repositories)) !== undefined) return;
  await coordinator.create(paths.repositories, '{}').catch((error: unknown) => {
    if (!(error instanceof NodeExists)) throw error;
  });
}
