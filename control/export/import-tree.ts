import type { Coordinator } from '../../state/coordination/coordinator.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { EnvironmentNotEmpty } from '../../state/model/errors.js';
import { recordEnvironmentOperations } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { layoutTooNew } from '../../state/model/layout-too-new.js';
import { paths } from '../../state/model/paths.js';
import { closeNodes } from '../../state/model/protection.js';
import type { Requester } from '../../state/model/requester.js';
import { formulaRecordSchema } from '../../state/model/service-schemas.js';
import { treeRoots } from '../../state/model/tree-roots.js';
import type { Storage } from '../../state/storage/storage.js';
import type { Session } from '../session.js';
import type { Export } from './export-text.js';
import { readTree } from './read-tree.js';

/** The most nodes that one transaction creates: ZooKeeper takes 1 MB. */
const MOST_NODES = 200;
const MOST_CHARACTERS = 250_000;

/** Objects that are looked for in the storage at a time. */
const MOST_LOOKED_FOR = 8;

/** The result of an import. */
export interface Imported {
  readonly nodes: number;
  /** Ids of formulas whose bundle the environment's storage does not have. */
  readonly withoutBundle: readonly string[];
}

/**
 * Makes an environment of what another one's state held: the same one, with its id, in a place that is empty. `/layout`
 * is created last, after all else was read again, so nobody takes a part for the whole. After an interruption the same
 * call goes on.
 * @throws EnvironmentNotEmpty, LayoutTooNew, and what the storage throws where it cannot be asked; nothing was written then
 */
export async function importTree(
  { coordinator, environment, storage }: Session,
  exported: Export,
  requester: Requester,
): Promise<Imported> {
  const { name, state } = environment;
  const tooNew = layoutTooNew(name, exported.layout);
  if (tooNew !== undefined) throw tooNew;
  const nodes = new Map([...treeRoots.map((root) => [root, '{}'] as const), ...exported.nodes]);
  nodes.delete(paths.layout);
  const notEmpty = (path: string): EnvironmentNotEmpty =>
    new EnvironmentNotEmpty({ environment: name, state, path });
  /** Reads the nodes that stand there already: at most those of an import or a bootstrap that was interrupted. */
  const readOwn = async (): Promise<ReadonlySet<string>> => {
    const standing = await readTree(coordinator);
    for (const [path, { value }] of standing) {
      const isOwn = nodes.get(path) === value || treeRoots.includes(path);
      if (!isOwn) throw notEmpty(path);
    }
    return new Set(standing.keys());
  };
  await readOwn();
  const withoutBundle = await formulasWithoutBundle(nodes, await storage());
  await closeNodes(coordinator, state);
  const standing = await readOwn();
  for (const batch of inBatches(nodes))
    await coordinator.transaction(
      batch.map(([path, value]) => ({ kind: standing.has(path) ? 'set' : 'create', path, value })),
    );
  const made = await readTree(coordinator);
  for (const path of new Set([...nodes.keys(), ...made.keys()]))
    if (made.get(path)?.value !== nodes.get(path)) throw notEmpty(path);
  await createLayout(coordinator, exported, requester, notEmpty);
  return { nodes: exported.nodes.size, withoutBundle };
}

/** Parents come first in each batch, and batches in their order. */
function* inBatches(nodes: Iterable<readonly [string, string]>): Generator<(readonly [string, string])[]> {
  let batch: (readonly [string, string])[] = [];
  let characters = 0;
  for (const node of nodes) {
    const length = node[0].length + node[1].length;
    if (batch.length === MOST_NODES || (batch.length > 0 && characters + length > MOST_CHARACTERS)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(node);
    characters += length;
  }
  if (batch.length > 0) yield batch;
}

async function createLayout(
  coordinator: Coordinator,
  { nodes, by, exportedAt }: Export,
  requester: Requester,
  notEmpty: (path: string) => EnvironmentNotEmpty,
): Promise<void> {
  const message = `${nodes.size} nodes, exported by ${by} at ${exportedAt}`;
  const entry = requestEntry(requester, { what: 'import', message });
  await retryOnConflict('the layout', async () => {
    if ((await coordinator.get(paths.layout)) !== undefined) throw notEmpty(paths.layout);
    await coordinator.transaction([
      { kind: 'create', path: paths.layout, value: nodes.get(paths.layout) ?? '{}' },
      ...(await recordEnvironmentOperations(coordinator, entry)),
    ]);
  });
}

/** The ids of the formulas among these nodes whose bundle is not in the storage. */
async function formulasWithoutBundle(
  nodes: ReadonlyMap<string, string>,
  storage: Storage,
): Promise<readonly string[]> {
  const waiting = [...nodes].filter(([path]) => path.startsWith(`${paths.formulas}/`));
  const missing: string[] = [];
  const look = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [path, value] = next;
      const { success, data } = formulaRecordSchema.safeParse(JSON.parse(value));
      if (success && (await storage.size(data.storageKey)) !== data.size)
        missing.push(path.slice(paths.formulas.length + 1));
    }
  };
  await Promise.all(Array.from({ length: MOST_LOOKED_FOR }, look));
  return missing.sort();
}
