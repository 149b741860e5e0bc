import type { Coordinator, Node } from '../../state/coordination/coordinator.js';
import { paths } from '../../state/model/paths.js';
import { treeRoots } from '../../state/model/tree-roots.js';
import { TreeUnsettled } from '../errors.js';

/** Nodes that are asked for together. */
const TOGETHER = 500;
/** Looks at the whole tree, until one shows what the one before it did. */
const MOST_LOOKS = 10;

/**
 * All nodes of an environment that outlive sessions, by their paths, parents first. Each was there, with this value, in
 * one and the same moment: no coordinator reads a tree in one step, so it is read until nothing changed in between.
 * @throws TreeUnsettled
 */
export async function readTree(coordinator: Coordinator): Promise<ReadonlyMap<string, Node>> {
  let before = await lookThrough(coordinator);
  let changed: string | undefined;
  for (let looks = 1; looks < MOST_LOOKS; looks += 1) {
    const now = await lookThrough(coordinator);
    changed = firstDifference(before, now);
    if (changed === undefined) return now;
    before = now;
  }
  throw new TreeUnsettled({ path: changed ?? '/', looks: MOST_LOOKS });
}

/** One look at all nodes, each as it was when its turn came. */
export async function lookThrough(coordinator: Coordinator): Promise<ReadonlyMap<string, Node>> {
  const found = new Map<string, Node>();
  let level: readonly string[] = [paths.layout, ...treeRoots];
  while (level.length > 0) {
    const below: string[] = [];
    for (let start = 0; start < level.length; start += TOGETHER) {
      const batch = level.slice(start, start + TOGETHER);
      const [nodes, names] = await Promise.all([
        coordinator.getMany(batch),
        Promise.all(batch.map((path) => coordinator.children(path))),
      ]);
      for (const [index, path] of batch.entries()) {
        const node = nodes[index];
        if (node === undefined || node.ephemeral) continue;
        found.set(path, node);
        // What stands below it is of who is at work there now. The change of shape begins again in a copy.
        if (path === paths.layout) continue;
        for (const name of names[index] ?? []) below.push(`${path}/${name}`);
      }
    }
    level = below;
  }
  return found;
}

/** A path at which they differ. A node that was made anew in between has the versions of the one before it again. */
function firstDifference(
  before: ReadonlyMap<string, Node>,
  now: ReadonlyMap<string, Node>,
): string | undefined {
  for (const [path, { version, value }] of now) {
    const standing = before.get(path);
    if (standing?.version !== version || standing.value !== value) return path;
  }
  for (const path of before.keys()) if (!now.has(path)) return path;
  return undefined;
}
