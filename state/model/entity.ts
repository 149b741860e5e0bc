import type * as z from 'zod';
import type { Coordinator, Node } from '../coordination/coordinator.js';
import { NodeInvalid } from './errors.js';

/** zod compiles each schema's check when it is first used, which takes as long as some hundred checks that are not. */
const FEW = 200;
let checked = 0;

/** What a node says, read and validated, with the version a later write of it must name. */
export interface Entity<T> {
  readonly value: T;
  readonly version: number;
}

/** Reads one entity; undefined where there is none. @throws NodeInvalid */
export async function readEntity<T>(
  coordinator: Coordinator,
  path: string,
  schema: z.ZodType<T>,
): Promise<Entity<T> | undefined> {
  return parseEntity(path, schema, await coordinator.get(path));
}

/** The same for many of one kind, in their order. @throws NodeInvalid */
export async function readEntities<T>(
  coordinator: Coordinator,
  paths: readonly string[],
  schema: z.ZodType<T>,
): Promise<readonly (Entity<T> | undefined)[]> {
  const nodes = await coordinator.getMany(paths);
  return paths.map((path, index) => parseEntity(path, schema, nodes[index]));
}

/** Validates a node as it was read or observed. @throws NodeInvalid */
export function parseEntity<T>(
  path: string,
  schema: z.ZodType<T>,
  node: Node | undefined,
): Entity<T> | undefined {
  if (node === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(node.value);
  } catch {
    throw new NodeInvalid(path, '', 'it is no JSON');
  }
  checked += 1;
  const result = schema.safeParse(json, { jitless: checked <= FEW });
  if (result.success) return { value: result.data, version: node.version };
  const issue = result.error.issues[0];
  throw new NodeInvalid(path, issue?.path.join('.') ?? '', issue?.message ?? 'it is not what it should be');
}

/** The text a node holds for `value`. */
export function nodeValue(value: unknown): string {
  return JSON.stringify(value);
}
