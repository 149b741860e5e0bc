import type { Coordinator } from '../../state/coordination/coordinator.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue } from '../../state/model/entity.js';
import { readMachines } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import type { Requester } from '../../state/model/requester.js';
import { treeRoots } from '../../state/model/tree-roots.js';

/** Nodes removed per transaction. */
const NODES_PER_TRANSACTION = 300;

/**
 * Removes everything that Ensemble keeps in the tree, and nothing else that may stand beside it. The layout goes first,
 * so that nobody takes a tree for whole of which a part is gone, and `/unfinished` stands in its place until all is gone,
 * so that nobody makes an environment of the rest; after an interruption the same call goes on.
 * @param requester who is told to have begun it
 */
export async function removeTree(coordinator: Coordinator, requester?: Requester): Promise<void> {
  const { by = 'somebody', requestedAt: since = new Date().toISOString() } = requester ?? {};
  const mark = nodeValue({ what: 'destroy', by, since });
  let first: { readonly id: string | undefined } | undefined;
  await retryOnConflict('the environment', async () => {
    const gates = [paths.layoutStep, paths.layout];
    const [unfinished, ...standing] = await coordinator.getMany([paths.unfinished, ...gates]);
    const id = environmentIn(standing[1]?.value);
    first ??= { id };
    // It is gone, and somebody has made another one since.
    if (id !== undefined && first.id !== '' && id !== first.id) return;
    const there = gates.filter((_, index) => standing[index] !== undefined);
    await coordinator.transaction([
      ...there.map((path) => ({ kind: 'remove', path }) as const),
      // Not made anew: an import that runs knows its own by the version.
      { kind: unfinished === undefined ? 'create' : 'set', path: paths.unfinished, value: mark },
    ]);
    const found = await Promise.all(treeRoots.map((root) => pathsUnder(coordinator, root)));
    const nodes = found.flat();
    for (let start = 0; start < nodes.length; start += NODES_PER_TRANSACTION) {
      const batch = nodes.slice(start, start + NODES_PER_TRANSACTION);
      await coordinator.transaction([
        { kind: 'check', path: paths.unfinished },
        ...batch.map((path) => ({ kind: 'remove', path }) as const),
      ]);
    }
    await coordinator.remove(paths.unfinished);
  });
}

/** The environment's id by its layout, also where that is damaged; empty where it says none, undefined without one. */
function environmentIn(layout: string | undefined): string | undefined {
  if (layout === undefined) return undefined;
  return /"environment":"([^"]*)"/.exec(layout)?.[1] ?? '';
}

/** The node and all below it, children before parents. */
async function pathsUnder(coordinator: Coordinator, path: string): Promise<readonly string[]> {
  const children = await coordinator.children(path);
  if (children === undefined) return [];
  const below = await Promise.all(children.map((child) => pathsUnder(coordinator, `${path}/${child}`)));
  return [...below.flat(), path];
}

/** How much there is in an environment, and who works on it. */
export interface EnvironmentContents {
  readonly services: number;
  readonly units: number;
  readonly relations: number;
  readonly formulas: number;
  readonly machines: number;
  /** Machines whose agents are up. */
  readonly up: readonly string[];
}

/** What `removeTree` would remove. */
export async function environmentContents(coordinator: Coordinator): Promise<EnvironmentContents> {
  const count = async (path: string): Promise<number> => (await coordinator.children(path))?.length ?? 0;
  const [machines, services, units, relations, formulas] = await Promise.all([
    readMachines(coordinator),
    count(paths.services),
    count(paths.units),
    count(paths.relations),
    count(paths.formulas),
  ]);
  const up = machines.filter(({ agent }) => agent !== undefined).map(({ name }) => name);
  return { services, units, relations, formulas, machines: machines.length, up };
}
