import { randomUUID } from 'node:crypto';
import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { NodeExists, NodeNotFound } from '../coordination/errors.js';
import { retryOnConflict } from './conflict.js';
import { type Entity, nodeValue, parseSound, readEntity } from './entity.js';
import { EnvironmentUnfinished, NotBootstrapped } from './errors.js';
import { recordEnvironmentOperations } from './history.js';
import { requestEntry } from './history-entry.js';
import { newestLayout } from './layout-known.js';
import { layoutTooNew } from './layout-too-new.js';
import { paths } from './paths.js';
import { closeNodes } from './protection.js';
import type { Requester } from './requester.js';
import { type Layout, layoutSchema, type Unfinished, unfinishedSchema } from './environment-schemas.js';
import { shellWord } from '../platform/shell-word.js';
import { treeRoots } from './tree-roots.js';

/**
 * Makes an empty tree ready for use. May be done twice and by several at once. `/layout` is created last, so whoever
 * sees it sees everything. With a secret it is closed to others first.
 * @param environment the id of what is made: another one each time, so that agents know their environment again
 * @param requester who is on record for it, where this call finishes it
 * @returns whether this call was the one that finished it
 * @param name what messages call the environment
 * @throws EnvironmentUnfinished, PathShared, StatePlanted, PathNotClosed
 */
export async function bootstrapTree(
  coordinator: Coordinator,
  environment: string = randomUUID(),
  requester?: Requester,
  name = 'local',
): Promise<boolean> {
  await requireFinished(coordinator, name);
  await closeNodes(coordinator);
  for (const path of treeRoots) {
    await createUnlessThere(coordinator, path, path === paths.relations ? nodeValue({ next: 0 }) : '{}');
  }
  const layout = { ...newestLayout, environment };
  const asked = requester && requestEntry(requester, { what: 'bootstrap' });
  return retryOnConflict('the layout', async () => {
    const standing = await coordinator.get(paths.layout);
    if (standing !== undefined)
      return parseSound(paths.layout, layoutSchema, standing, [])?.value.environment === environment;
    await requireFinished(coordinator, name);
    await coordinator.transaction([
      ...absent(paths.unfinished),
      { kind: 'create', path: paths.layout, value: nodeValue(layout) },
      ...(await recordEnvironmentOperations(coordinator, asked)),
    ]);
    return true;
  });
}

/** Operations that fail where the node stands. A transaction cannot check for absence otherwise. */
export function absent(path: string): readonly Operation[] {
  return [
    { kind: 'create', path, value: '{}' },
    { kind: 'remove', path },
  ];
}

/**
 * Checks that the tree is there, wholly, and readable to this version; every command does so first.
 * @param choice the options, with a space in front, by which a command goes there
 * @throws NotBootstrapped, EnvironmentUnfinished, LayoutTooNew
 */
export async function requireLayout(
  coordinator: Coordinator,
  environment: string,
  choice?: string,
): Promise<void> {
  const read = (): Promise<Entity<Layout> | undefined> => readEntity(coordinator, paths.layout, layoutSchema);
  let layout = await read();
  if (layout === undefined) {
    await requireFinished(coordinator, environment, choice);
    // It may have come to its end in between.
    layout = await read();
  }
  if (layout === undefined) throw new NotBootstrapped({ environment });
  const tooNew = layoutTooNew(environment, layout.value);
  if (tooNew !== undefined) throw tooNew;
}

/**
 * Checks that nothing was begun with the whole environment that has not come to its end.
 * @throws EnvironmentUnfinished
 */
export async function requireFinished(
  coordinator: Coordinator,
  environment: string,
  choice?: string,
): Promise<void> {
  const unfinished = await readEntity(coordinator, paths.unfinished, unfinishedSchema);
  if (unfinished !== undefined) throw unfinishedError(environment, unfinished.value, choice);
}

/**
 * What is said where the environment is not there wholly.
 * @param choice the options, with a space in front, by which a command goes there
 */
export function unfinishedError(
  environment: string,
  { what, file, by, since }: Unfinished,
  choice: string = ` -e ${shellWord(environment)}`,
): EnvironmentUnfinished {
  return new EnvironmentUnfinished({ environment, what, file, by, since, choice });
}

/**
 * The environment's id. A tree that was made by release 0.1.0 has none and gets one here, once, whoever asks first.
 * @throws NodeNotFound where there is no layout
 */
export async function environmentId(coordinator: Coordinator, fresh: string = randomUUID()): Promise<string> {
  return retryOnConflict('the environment', async () => {
    const layout = await readEntity(coordinator, paths.layout, layoutSchema);
    if (layout === undefined) throw new NodeNotFound({ path: paths.layout });
    const { value, version } = layout;
    if (value.environment !== undefined) return value.environment;
    await coordinator.set(paths.layout, nodeValue({ ...value, environment: fresh }), version);
    return fresh;
  });
}

async function createUnlessThere(coordinator: Coordinator, path: string, value: string): Promise<boolean> {
  try {
    await coordinator.create(path, value);
    return true;
  } catch (error) {
    if (error instanceof NodeExists) return false;
    throw error;
  }
}
