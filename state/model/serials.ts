import { createHash } from 'node:crypto';
import type { Coordinator } from '../coordination/coordinator.js';
import { NodeExists } from '../coordination/errors.js';
import { retryOnConflict } from './conflict.js';
import { nodeValue, readEntity } from './entity.js';
import { paths } from './paths.js';
import { type SeenSerial, serialSchema } from './environment-schemas.js';

/** A signed index, and where it was seen. */
interface SeenIndex {
  /** The common form of all spellings of its place. */
  readonly place: string;
  readonly url: string;
  readonly serial: number;
  /** ISO 8601 in UTC. */
  readonly at: string;
}

/**
 * Notes the serial of a signed index for all who work with this environment, unless a higher one was seen there.
 * @returns the higher one, or undefined
 * @throws NodeInvalid
 */
export async function noteSerial(
  coordinator: Coordinator,
  { place, url, serial, at }: SeenIndex,
): Promise<SeenSerial | undefined> {
  const path = paths.serial(createHash('sha256').update(place).digest('hex').slice(0, 16));
  const value = nodeValue({ url, serial, at } satisfies SeenSerial);
  return retryOnConflict(`the serial of ${url}`, async () => {
    const seen = await readEntity(coordinator, path, serialSchema);
    if (seen !== undefined && seen.value.serial > serial) return seen.value;
    if (seen === undefined) {
      await makeRoot(coordinator);
      await coordinator.transaction([{ kind: 'create', path, value }]);
    } else if (seen.value.serial < serial) await coordinator.set(path, value, seen.version);
    return undefined;
  });
}

/** Environments of an earlier release have no node for them. */
async function makeRoot(coordinator: Coordinator): Promise<void> {
  if ((await coordinator.get(paths.serials)) !== undefined) return;
  await coordinator.create(paths.serials, '{}').catch((error: unknown) => {
    if (!(error instanceof NodeExists)) throw error;
  });
}
