import { randomUUID } from 'node:crypto';
import type { Coordinator } from '../coordination/coordinator.js';
import { NodeExists, NodeNotFound } from '../coordination/errors.js';
import { retryOnConflict } from './conflict.js';
import { nodeValue, parseSound, readEntity } from './entity.js';
import { NotBootstrapped } from './errors.js';
import { recordEnvironmentOperations } from './history.js';
import { requestEntry } from './history-entry.js';
import { newestLayout } from './layout-known.js';
import { layoutTooNew } from './layout-too-new.js';
import { paths } from './paths.js';
import { closeNodes } from './protection.js';
import type { Requester } from './requester.js';
import { layoutSchema } from './environment-schemas.js';
import { treeRoots } from './tree-roots.js';

/**
 * Makes an empty tree ready for use. May be done twice and by several at once. `/layout` is created last, so whoever
 * sees it sees everything. With a secret it is closed to others first.
 * @param environment the id of what is made: another one each time, so that agents know their environment again
 * @param requester who is on record for it, where this call finishes it
 * @returns whether this call was the one that finished it
 * @throws PathShared, StatePlanted, PathNotClosed
 */
export async function bootstrapTree(
  coordinator: Coordinator,
  environment: string = randomUUID(),
  requester?: Requester,
): Promise<boolean> {
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
    await coordinator.transaction([
      { kind: 'create', path: paths.layout, value: nodeValue(layout) },
      ...(await recordEnvironmentOperations(coordinator, asked)),
    ]);
    return true;
  });
}

/**
 * Checks that the tree is there and readable to this version; every command does so first.
 * @throws NotBootstrapped, LayoutTooNew
 */
export async function requireLayout(coordinator: Coordinator, environment: string): Promise<void> {
  const layout = await readEntity(coordinator, paths.layout, layoutSchema);
  if (layout === undefined) throw new NotBootstrapped({ environment });
  const tooNew = layoutTooNew(environment, layout.value);
  if (tooNew !== undefined) throw tooNew;
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
