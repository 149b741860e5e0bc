import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import {
  NodeExists,
  NodeNotFound,
  OutcomeUnknown,
  VersionConflict,
} from '../../state/coordination/errors.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { unfinishedSchema } from '../../state/model/environment-schemas.js';
import { EnvironmentNotEmpty, EnvironmentUnfinished, TooManyConflicts } from '../../state/model/errors.js';
import { recordEnvironmentOperations } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { absent } from '../../state/model/layout.js';
import { layoutTooNew } from '../../state/model/layout-too-new.js';
import { paths } from '../../state/model/paths.js';
import { closeNodes } from '../../state/model/protection.js';
import { treeRoots } from '../../state/model/tree-roots.js';
import type { Session } from '../session.js';
import { formulasWithoutBundle } from './formulas-without-bundle.js';
import type { ImportRequest } from './import-request.js';
import { inBatches, type NodeValue } from './in-batches.js';
import { lookThrough, readTree } from './read-tree.js';
import { requireSame } from './same-as-export.js';

/** Times that an import begins anew because another one, or a removal, came to its end meanwhile. */
const MOST_ROUNDS = 10;

/** The result of an import. */
export interface Imported {
  readonly nodes: number;
  /** False where the environment held exactly this already. */
  readonly made: boolean;
  /** Ids of formulas whose bundle the environment's storage does not have. */
  readonly withoutBundle: readonly string[];
}

/**
 * Makes an environment of what another one's state held: the same one, with its id, in a place that is empty.
 * `/unfinished` stands from before the first node until `/layout` is created, in one transaction, after all else was read
 * again; so nobody takes a part for the whole, and nobody makes an environment of it. After an interruption the same call
 * goes on, also beside another one.
 * @throws EnvironmentNotEmpty, EnvironmentImported, EnvironmentUnfinished, LayoutTooNew, and what the storage throws where it
 *   cannot be asked; nothing was written then
 */
export async function importTree(session: Session, request: ImportRequest): Promise<Imported> {
  const { coordinator, environment, storage } = session;
  const { exported } = request;
  const { name, state } = environment;
  const tooNew = layoutTooNew(name, exported.layout);
  if (tooNew !== undefined) throw tooNew;
  const nodes = new Map([...treeRoots.map((root) => [root, '{}'] as const), ...exported.nodes]);
  nodes.delete(paths.layout);
  const place: Place = { session, request, nodes, notEmpty };
  let withoutBundle: readonly string[] | undefined;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const isThere = await isMade(coordinator);
    if (isThere) await requireSame(session, request, notEmpty);
    try {
      if (!isThere) await requireOwn(place);
      withoutBundle ??= await formulasWithoutBundle(nodes, await storage());
      if (isThere || (await make(place)))
        return { nodes: exported.nodes.size, made: !isThere, withoutBundle };
    } catch (error) {
      // Another import of it came to its end meanwhile, and agents are at work in what it made.
      const isBehind = error instanceof EnvironmentNotEmpty && (await isMade(coordinator));
      if (!isBehind) throw error;
    }
  }
  throw new TooManyConflicts({ what: `environment ${name}` });

  function notEmpty(path: string): EnvironmentNotEmpty {
    return new EnvironmentNotEmpty({ environment: name, state, path });
  }
}

async function isMade(coordinator: Coordinator): Promise<boolean> {
  return (await coordinator.get(paths.layout)) !== undefined;
}

/** Where something is imported, and what. */
interface Place {
  readonly session: Session;
  readonly request: ImportRequest;
  /** All of it but the layout. */
  readonly nodes: ReadonlyMap<string, string>;
  readonly notEmpty: (path: string) => EnvironmentNotEmpty;
}

/** Sees that at most nodes of this import stand there, or of a bootstrap that was interrupted. */
async function requireOwn(place: Place): Promise<void> {
  await standingMark(place);
  const { session, nodes, notEmpty } = place;
  const standing = await lookThrough(session.coordinator);
  for (const [path, { value }] of standing)
    if (nodes.get(path) !== value && !treeRoots.includes(path)) throw notEmpty(path);
}

/** The version of this import's mark, or undefined where none stands. @throws EnvironmentUnfinished of another one */
async function standingMark({ session, request }: Place): Promise<number | undefined> {
  const { coordinator, environment, choice } = session;
  const standing = await readEntity(coordinator, paths.unfinished, unfinishedSchema);
  if (standing === undefined) return undefined;
  const { what, file, sha256, by, since } = standing.value;
  if (what === 'import' && sha256 === request.exported.sha256) return standing.version;
  throw new EnvironmentUnfinished({
    environment: environment.name,
    what,
    file,
    changed: file === request.file,
    by,
    since,
    choice: choice ?? '',
  });
}

/** @returns whether this call made the environment; where it did not, somebody else did, or removed what was there */
async function make(place: Place): Promise<boolean> {
  const { session, nodes, notEmpty } = place;
  const { coordinator, environment } = session;
  await closeNodes(coordinator, environment.state);
  const mark = (await standingMark(place)) ?? (await begin(place));
  if (mark === undefined) return false;
  for (const batch of inBatches(nodes)) if (!(await fill(place, batch, mark))) return false;
  const made = await readTree(coordinator);
  if (made.has(paths.layout)) return false;
  for (const path of new Set([...nodes.keys(), ...made.keys()]))
    if (made.get(path)?.value !== nodes.get(path)) throw notEmpty(path);
  return createLayout(place, mark);
}

/** Marks the place. @returns the mark's version, or undefined where somebody else was faster */
async function begin({ session: { coordinator }, request }: Place): Promise<number | undefined> {
  const { exported, file, requester } = request;
  const { by, requestedAt: since } = requester;
  const value = nodeValue({ what: 'import', file, sha256: exported.sha256, by, since });
  try {
    await coordinator.transaction([
      ...absent(paths.layout),
      { kind: 'create', path: paths.unfinished, value },
    ]);
    return 0;
  } catch (error) {
    if (error instanceof NodeExists || error instanceof OutcomeUnknown) return undefined;
    throw error;
  }
}

/** Creates what is not there of a batch. @returns false where the import is over */
async function fill(
  { session: { coordinator }, notEmpty }: Place,
  batch: readonly NodeValue[],
  mark: number,
): Promise<boolean> {
  return retryOnConflict('the environment', async () => {
    const standing = await coordinator.getMany(batch.map(([path]) => path));
    const operations = batch.flatMap(([path, value], index): readonly Operation[] => {
      const node = standing[index];
      if (node === undefined) return [{ kind: 'create', path, value }];
      if (node.value === value) return [];
      // A bootstrap that was interrupted left it so.
      if (treeRoots.includes(path)) return [{ kind: 'set', path, value, version: node.version }];
      throw notEmpty(path);
    });
    if (operations.length === 0) return true;
    return unlessOver(coordinator.transaction([...marked(mark), ...operations]));
  });
}

/** Without this no write of the import is made: once it is over, agents are at work in what it made. */
function marked(version: number): readonly Operation[] {
  return [{ kind: 'check', path: paths.unfinished, version }];
}

async function unlessOver(writing: Promise<unknown>): Promise<boolean> {
  try {
    await writing;
    return true;
  } catch (error) {
    const isOver = error instanceof NodeNotFound || error instanceof VersionConflict;
    if (isOver && error.path === paths.unfinished) return false;
    throw error;
  }
}

async function createLayout({ session, request }: Place, mark: number): Promise<boolean> {
  const { coordinator } = session;
  const { nodes, by, exportedAt } = request.exported;
  const message = `${nodes.size} nodes, exported by ${by} at ${exportedAt}`;
  const entry = requestEntry(request.requester, { what: 'import', message });
  return retryOnConflict('the layout', async () =>
    unlessOver(
      coordinator.transaction([
        ...marked(mark),
        { kind: 'remove', path: paths.unfinished },
        { kind: 'create', path: paths.layout, value: nodes.get(paths.layout) ?? '{}' },
        ...(await recordEnvironmentOperations(coordinator, entry)),
      ]),
    ),
  );
}
