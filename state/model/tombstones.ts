import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { NodeExists } from '../coordination/errors.js';
import { unlessGone } from '../coordination/unless-gone.js';
import * as z from '../platform/zod.js';
import { retryOnConflict } from './conflict.js';
import { nodeValue, parseSound, readSound } from './entity.js';
import { readUnitHistory } from './history.js';
import { incarnationField } from './incarnation.js';
import { paths, unitOfNode } from './paths.js';

/** The entry of a unit's history that tells of the same. Agents before there were tombstones look for it. */
export const REMOVED_BY_FORCE = 'remove-by-force';

/** One life of a unit that was removed by force. */
const buriedSchema = z.looseObject({
  ...incarnationField,
  /** ISO instant. */
  requestedAt: z.string(),
  /** `user@host` */
  by: z.string(),
  /** There where the unit itself was to go: who only removed its machine said nothing of its data. */
  isRemoval: z.optional(z.literal(true)),
});

/** `/tombstones/<unit>`: the lives of this name whose agents do not know yet that they are not to run any more. */
const tombstoneSchema = z.looseObject({ lives: z.array(buriedSchema) });

export type Buried = z.infer<typeof buriedSchema>;

/** Makes the node that tombstones stand under, which trees of earlier releases lack. */
export async function openTombstones(coordinator: Coordinator): Promise<void> {
  if ((await coordinator.get(paths.tombstones)) !== undefined) return;
  await coordinator.create(paths.tombstones, '{}').catch((error: unknown) => {
    if (!(error instanceof NodeExists)) throw error;
  });
}

/** The operation that buries a life of a unit, for the transaction that removes it. */
export async function buryOperation(
  coordinator: Coordinator,
  unit: string,
  life: Buried,
): Promise<Operation> {
  const path = paths.tombstone(unit);
  const node = await coordinator.get(path);
  const found = parseSound(path, tombstoneSchema, node, []);
  const others = (found?.value.lives ?? []).filter(({ incarnation }) => incarnation !== life.incarnation);
  const value = nodeValue({ ...found?.value, lives: [...others, life] });
  if (node === undefined) return { kind: 'create', path, value };
  return { kind: 'set', path, value, version: node.version };
}

/**
 * Who removed this life of the unit by force, and when; undefined where nobody did. Commands of release 0.1.0 left no
 * tombstone, so that the unit's history is asked too, as long as it is there. Release 0.1.0 did not note which life it
 * was, and its journals do not say it either.
 */
export async function forcedOut(
  coordinator: Coordinator,
  unit: string,
  incarnation?: string,
): Promise<Pick<Buried, 'requestedAt' | 'by' | 'isRemoval'> | undefined> {
  const isOf = isLife(incarnation);
  const stone = await readSound(coordinator, paths.tombstone(unit), tombstoneSchema, []);
  const buried = stone?.value.lives.findLast(isOf);
  if (buried !== undefined) {
    const { requestedAt, by, isRemoval } = buried;
    return { requestedAt, by, ...(isRemoval && { isRemoval }) };
  }
  const entries = await readUnitHistory(coordinator, unit);
  const found = entries.findLast((entry) => entry.what === REMOVED_BY_FORCE && isOf(entry));
  if (found === undefined) return undefined;
  const isRemoval = found.details?.isRemoval === true;
  return { requestedAt: found.at, by: found.by ?? '?', ...(isRemoval && { isRemoval }) };
}

/** True if something is of this life; also if one of the two does not say which life it is of. */
function isLife(incarnation: string | undefined) {
  return (of: { readonly incarnation?: string | undefined }): boolean =>
    of.incarnation === incarnation || of.incarnation === undefined || incarnation === undefined;
}

/** Takes a life from its tombstone: its agent has acted. */
export async function forgetBuried(
  coordinator: Coordinator,
  unit: string,
  incarnation: string | undefined,
): Promise<void> {
  const path = paths.tombstone(unit);
  await retryOnConflict(path, async () => {
    const stone = await readSound(coordinator, path, tombstoneSchema, []);
    if (stone === undefined) return;
    const isOf = isLife(incarnation);
    const lives = stone.value.lives.filter((life) => !isOf(life));
    if (lives.length === stone.value.lives.length) return;
    await (lives.length === 0
      ? unlessGone(() => coordinator.remove(path, stone.version))
      : coordinator.set(path, nodeValue({ ...stone.value, lives }), stone.version));
  });
}

/** The units whose tombstones are all of before `before`, an ISO instant. */
export async function oldTombstones(coordinator: Coordinator, before: string): Promise<readonly string[]> {
  const units = ((await coordinator.children(paths.tombstones)) ?? []).map(unitOfNode);
  const stones = await Promise.all(
    units.map((unit) => readSound(coordinator, paths.tombstone(unit), tombstoneSchema, [])),
  );
  return units.filter((_, index) =>
    stones[index]?.value.lives.every(({ requestedAt }) => requestedAt < before),
  );
}

/** @returns false where somebody was buried there meanwhile */
export async function removeTombstone(
  coordinator: Coordinator,
  unit: string,
  before: string,
): Promise<boolean> {
  const path = paths.tombstone(unit);
  const stone = await readSound(coordinator, path, tombstoneSchema, []);
  if (stone === undefined || stone.value.lives.some(({ requestedAt }) => requestedAt >= before)) return false;
  await unlessGone(() => coordinator.remove(path, stone.version));
  return true;
}
