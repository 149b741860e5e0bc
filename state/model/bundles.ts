import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { NodeExists, NodeNotFound } from '../coordination/errors.js';
import { storedKey } from '../storage/key.js';
import * as z from '../platform/zod.js';
import { retryOnConflict } from './conflict.js';
import { type Entity, nodeValue, readEntities, readEntity } from './entity.js';
import { environmentId } from './layout.js';
import { paths } from './paths.js';

/**
 * `/bundles/<sha256>`: stands for good from the first publication on. Each publication writes it in the transaction that
 * registers a formula, and pruning in the one that removes the last: so neither goes through unseen by the other.
 */
const bundleSchema = z.looseObject({
  /** How often the bundle was pruned. What is published after that gets another key, which no pruning still removes. */
  generation: z.int().check(z.nonnegative()),
  /** Keys of objects that no formula names any more, and that are to be removed. */
  going: z._default(z.array(z.string()), []),
});

/** The record of a published bundle. */
type Bundle = z.infer<typeof bundleSchema>;

/** The right to publish a bundle under a key, until somebody publishes or prunes it. */
export interface BundleClaim {
  /** Where in the storage the bundle belongs. */
  readonly key: string;
  /** Goes into the transaction that registers the formula. @throws VersionConflict there: claim again */
  readonly operation: Operation;
}

/** Claims a bundle for a publication. May be done by several at once, of which one after the other registers. */
export async function claimBundle(coordinator: Coordinator, sha256: string): Promise<BundleClaim> {
  const path = paths.bundle(sha256);
  const [environment, standing] = await Promise.all([
    environmentId(coordinator),
    readEntity(coordinator, path, bundleSchema),
  ]);
  const { value, version } = standing ?? (await firstOf(coordinator, path));
  return {
    key: storedKey(sha256, environment, value.generation),
    operation: { kind: 'set', path, value: nodeValue(value), version },
  };
}

/** The node of a bundle that is published for the first time. */
async function firstOf(coordinator: Coordinator, path: string): Promise<Entity<Bundle>> {
  for (;;) {
    try {
      await coordinator.create(path, nodeValue({ generation: 0 }));
    } catch (error) {
      // The tree of an earlier release lacks the root.
      if (error instanceof NodeNotFound) await createRoot(coordinator);
      else if (!(error instanceof NodeExists)) throw error;
    }
    const found = await readEntity(coordinator, path, bundleSchema);
    if (found !== undefined) return found;
  }
}

async function createRoot(coordinator: Coordinator): Promise<void> {
  await coordinator.create(paths.bundles, '{}').catch((error: unknown) => {
    if (!(error instanceof NodeExists)) throw error;
  });
}

/** All bundles that were published by this release, by sha256. @throws NodeInvalid */
export async function readBundles(coordinator: Coordinator): Promise<ReadonlyMap<string, Entity<Bundle>>> {
  const names = (await coordinator.children(paths.bundles)) ?? [];
  const found = await readEntities(coordinator, names.map(paths.bundle), bundleSchema);
  return new Map(names.flatMap((name, index) => (found[index] ? [[name, found[index]] as const] : [])));
}

/** The bundle when no formula names `key` any more: who publishes it from now on gets another key. */
export function retireKey({ value }: Entity<Bundle>, key: string): Bundle {
  return { ...value, generation: value.generation + 1, going: [...new Set([...value.going, key])] };
}

/** The operation that makes the bundle's node say so. */
export function setBundle(sha256: string, bundle: Bundle): Extract<Operation, { kind: 'set' }> {
  return { kind: 'set', path: paths.bundle(sha256), value: nodeValue(bundle) };
}

/** The object is gone: nobody has to remove it any more. */
export async function forgetKey(coordinator: Coordinator, sha256: string, key: string): Promise<void> {
  const path = paths.bundle(sha256);
  await retryOnConflict(path, async () => {
    const found = await readEntity(coordinator, path, bundleSchema);
    if (found === undefined || !found.value.going.includes(key)) return;
    const going = found.value.going.filter((each) => each !== key);
    await coordinator.set(path, nodeValue({ ...found.value, going }), found.version);
  });
}
