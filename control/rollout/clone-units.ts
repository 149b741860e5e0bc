import type { Coordinator } from '../../state/coordination/coordinator.js';
import { parseSound } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import type { Rollout } from '../../state/model/rollout.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import { unitsOfService } from '../../state/model/services.js';

/**
 * The names of the units that the clone of a rollout has now, as they stand in the tree: whoever drives may not have heard of those
 * that were made this moment. None where it is not made, or where a service of its name is no clone of that rollout.
 */
export async function unitsOfClone(
  coordinator: Coordinator,
  { id, clone }: Pick<Rollout, 'id' | 'clone'>,
): Promise<readonly string[]> {
  if (clone === undefined) return [];
  const path = paths.service(clone.service);
  const found = parseSound(path, serviceSchema, await coordinator.get(path), []);
  return found?.value.cloneOf?.rollout === id ? unitsOfService(coordinator, clone.service) : [];
}
