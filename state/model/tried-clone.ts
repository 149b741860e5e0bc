import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { readEntity } from './entity.js';
import { paths } from './paths.js';
import { isOpen, readRollout } from './rollout.js';
import { serviceSchema } from './service-schemas.js';

/** The clone of a service by which a formula is tried: until it is promoted it follows what is asked of its source. */
interface TriedClone {
  readonly service: string;
  /** The id of its formula. */
  readonly formula: string;
}

/**
 * Finds the clone of a service that is being tried.
 * @returns the clone, where it was made; and the operations by which a write applies to the rollout as it was read alone, so that
 *   none is made or promoted meanwhile
 */
export async function triedClone(
  coordinator: Coordinator,
  service: string,
): Promise<{ readonly clone?: TriedClone; readonly guard: readonly Operation[] }> {
  const rollout = await readRollout(coordinator, service);
  const { clone, promoted, id } = rollout?.value ?? {};
  if (rollout === undefined || clone === undefined || promoted === true || !isOpen(rollout.value))
    return { guard: [] };
  const path = paths.rollout(service);
  const guard: readonly Operation[] = [{ kind: 'check', path, version: rollout.version }];
  const made = await readEntity(coordinator, paths.service(clone.service), serviceSchema);
  const isOwn = made?.value.cloneOf?.service === service && made.value.cloneOf.rollout === id;
  if (made === undefined || !isOwn || made.value.destroying === true) return { guard };
  return { guard, clone: { service: clone.service, formula: made.value.formula } };
}
