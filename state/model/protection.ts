import type { Coordinator } from '../coordination/coordinator.js';
import { AccessDenied } from '../coordination/errors.js';
import { PathNotClosed, PathShared, StatePlanted } from './errors.js';
import { paths } from './paths.js';
import { treeRoots } from './tree-roots.js';

/** Messages call a coordinator so whose URL is not told. */
const SOMEWHERE = 'the coordinator';

/** Nodes whose access is looked at wherever it costs nothing: what stands in the root decides over all the rest. */
const GATES: readonly string[] = ['/', paths.layout, ...treeRoots];

/**
 * The gates of an environment with a secret through which anybody may come all the same: its root where it was made by
 * others, and what was put there before it was bootstrapped.
 * @param least looks at the root and the layout only
 */
export async function openGates(
  { protection }: Coordinator,
  { least = false }: { readonly least?: boolean } = {},
): Promise<readonly string[]> {
  return (await protection?.open(least ? ['/', paths.layout] : GATES)) ?? [];
}

/** Tells of an open gate, and names the command that closes it. */
export function openGate({ state }: { readonly state: string }, path: string, command: string): string {
  return `anyone may write to ${path} of ${state}, whatever the secret; close it with: ${command}`;
}

/**
 * Makes sure that an environment with a secret can be closed to others, before anything is written.
 * @param state the coordinator's URL, for messages
 * @returns the nodes that are open, the root first
 * @throws PathShared where others keep something in the root: they would be locked out; StatePlanted where there is no
 *   environment yet, but something in the places of one, which is open
 */
export async function openNodes(
  coordinator: Coordinator,
  state: string = SOMEWHERE,
): Promise<readonly string[]> {
  const { protection } = coordinator;
  if (protection === undefined) return [];
  const names = ((await coordinator.children('/')) ?? []).map((name) => `/${name}`);
  const places = [paths.layout, ...treeRoots];
  const root = await protection.open(['/']);
  const foreign = names.filter((path) => !places.includes(path) && path !== paths.unfinished);
  if (root.length > 0 && foreign.length > 0) throw new PathShared({ state, foreign });
  const own = await Promise.all(
    names.filter((path) => !foreign.includes(path)).map((path) => below(coordinator, path)),
  );
  const open = await protection.open(own.flat());
  const planted = open.filter((path) => !places.includes(path));
  if (!names.includes(paths.layout) && planted.length > 0) throw new StatePlanted({ state, planted });
  return [...root, ...open];
}

/**
 * Closes what is open of an environment with a secret. What is open is looked for again once the root is closed: nobody
 * can put anything there any more.
 * @returns the nodes that were open
 * @throws PathNotClosed where one is another's; as `openNodes`
 */
export async function closeNodes(
  coordinator: Coordinator,
  state: string = SOMEWHERE,
): Promise<readonly string[]> {
  const { protection } = coordinator;
  if (protection === undefined) return [];
  try {
    const before = await openNodes(coordinator, state);
    if (before.length === 0) return [];
    await protection.close(before);
    const since = await openNodes(coordinator, state);
    await protection.close(since);
    return [...before, ...since];
  } catch (error) {
    if (error instanceof AccessDenied) throw new PathNotClosed({ state, path: error.path });
    throw error;
  }
}

async function below(coordinator: Coordinator, path: string): Promise<readonly string[]> {
  const children = (await coordinator.children(path)) ?? [];
  const all = await Promise.all(children.map((child) => below(coordinator, `${path}/${child}`)));
  return [path, ...all.flat()];
}
