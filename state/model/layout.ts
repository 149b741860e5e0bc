import type { Coordinator } from '../coordination/coordinator.js';
import { NodeExists } from '../coordination/errors.js';
import { nodeValue, readEntity } from './entity.js';
import { LayoutTooNew, NotBootstrapped } from './errors.js';
import { paths } from './paths.js';
import { layoutSchema } from './schemas.js';

/** The layout of the tree this version writes, and the newest one it reads. */
export const LAYOUT_LEVEL = 1;

/** The nodes under which everything else stands, besides `/layout`. */
export const treeRoots: readonly string[] = [
  paths.machines,
  paths.formulas,
  paths.services,
  paths.numbers,
  paths.units,
  paths.unplaced,
  paths.relations,
  paths.logs,
  paths.history,
];

/**
 * Makes an empty tree ready for use. May be done twice and by several at once. `/layout` is created last, so whoever
 * sees it sees everything.
 * @returns whether this call was the one that finished it
 */
export async function bootstrapTree(coordinator: Coordinator): Promise<boolean> {
  for (const path of treeRoots) {
    await createUnlessThere(coordinator, path, path === paths.relations ? nodeValue({ next: 0 }) : '{}');
  }
  const layout = { level: LAYOUT_LEVEL, sublevel: 0, minReader: LAYOUT_LEVEL };
  return createUnlessThere(coordinator, paths.layout, nodeValue(layout));
}

/**
 * Checks that the tree is there and readable to this version; every command does so first.
 * @throws NotBootstrapped, LayoutTooNew
 */
export async function requireLayout(coordinator: Coordinator, environment: string): Promise<void> {
  const layout = await readEntity(coordinator, paths.layout, layoutSchema);
  if (layout === undefined) throw new NotBootstrapped(environment);
  if (layout.value.minReader > LAYOUT_LEVEL) {
    throw new LayoutTooNew(environment, layout.value.minReader, LAYOUT_LEVEL);
  }
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
