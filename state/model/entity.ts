import type { Coordinator, Node } from '../coordination/coordinator.js';
import type * as z from '../platform/zod.js';
import { NodeInvalid } from './errors.js';
import { textsOf } from './remembering.js';

/** A node's content, read and validated, with the version that a later write must name. It is not to be changed. */
export interface Entity<T> {
  readonly value: T;
  readonly version: number;
}

/** A node that cannot be read, and why: it is shown, and nothing is decided by it. */
export interface Problem {
  readonly path: string;
  readonly reason: string;
}

/** As `parseEntity`, but a node that cannot be read is noted among the problems and otherwise as good as none. */
export function parseSound<T>(
  path: string,
  schema: z.ZodMiniType<T>,
  node: Node | undefined,
  problems: Problem[],
): Entity<T> | undefined {
  try {
    return parseEntity(path, schema, node);
  } catch (error) {
    if (!(error instanceof NodeInvalid)) throw error;
    const { field, reason } = error;
    problems.push({ path, reason: field === '' ? reason : `${field}: ${reason}` });
    return undefined;
  }
}

/** Reads one entity as `parseSound` does. */
export async function readSound<T>(
  coordinator: Coordinator,
  path: string,
  schema: z.ZodMiniType<T>,
  problems: Problem[],
): Promise<Entity<T> | undefined> {
  return parseSound(path, schema, await coordinator.get(path), problems);
}

/** Reads one entity; undefined where there is none. @throws NodeInvalid */
export async function readEntity<T>(
  coordinator: Coordinator,
  path: string,
  schema: z.ZodMiniType<T>,
): Promise<Entity<T> | undefined> {
  return parseEntity(path, schema, await coordinator.get(path));
}

/** The same for many of one kind, in their order. @throws NodeInvalid */
export async function readEntities<T>(
  coordinator: Coordinator,
  paths: readonly string[],
  schema: z.ZodMiniType<T>,
): Promise<readonly (Entity<T> | undefined)[]> {
  const nodes = await coordinator.getMany(paths);
  return paths.map((path, index) => parseEntity(path, schema, nodes[index]));
}

/** Validates a node as it was read or observed. @throws NodeInvalid */
export function parseEntity<T>(
  path: string,
  schema: z.ZodMiniType<T>,
  node: Node | undefined,
): Entity<T> | undefined {
  if (node === undefined) return undefined;
  const texts = textsOf(schema);
  const known = texts?.get(node.value);
  if (known !== undefined) return { value: known, version: node.version };
  let json: unknown;
  try {
    json = JSON.parse(node.value);
  } catch {
    throw new NodeInvalid({ path, field: '', reason: 'it is no JSON' });
  }
  const result = schema.safeParse(json);
  if (result.success) {
    texts?.add(node.value, result.data);
    return { value: result.data, version: node.version };
  }
  const issue = result.error.issues[0];
  const reason = issue?.message ?? 'it is not what it should be';
  const said = issue?.code === 'invalid_value' ? valueAt(json, issue.path) : undefined;
  throw new NodeInvalid({
    path,
    field: issue?.path.join('.') ?? '',
    reason: said === undefined ? reason : `${reason}; it says ${said}`,
  });
}

/** Characters of a value that a message shows. */
const MOST_SHOWN = 60;

/** The JSON at a place in a node, if it is short. */
function valueAt(json: unknown, place: readonly PropertyKey[]): string | undefined {
  let value = json;
  for (const key of place) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, key);
  }
  const text = JSON.stringify(value);
  return text !== undefined && text.length <= MOST_SHOWN ? text : undefined;
}

/** The text a node holds for `value`. */
export function nodeValue(value: unknown): string {
  return JSON.stringify(value);
}
