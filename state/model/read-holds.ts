import type { Coordinator } from '../coordination/coordinator.js';
import { type Entity, type Problem, readEntity, readSound } from './entity.js';
import { type Hold, holdsSchema, standingHolds } from './hold.js';
import { paths } from './paths.js';

/** All holds that are written down of a service, those that are over too. @throws NodeInvalid */
export async function readHoldsNode(
  coordinator: Coordinator,
  service: string,
): Promise<Entity<{ readonly holds: readonly Hold[] }> | undefined> {
  return readEntity(coordinator, paths.hold(service), holdsSchema);
}

/**
 * The holds that stand on a service and its units.
 * @param now milliseconds since 1970
 * @throws NodeInvalid where they cannot be read: nobody then knows what is held
 */
export async function readHolds(
  coordinator: Coordinator,
  service: string,
  now: number,
): Promise<readonly Hold[]> {
  return standingHolds((await readHoldsNode(coordinator, service))?.value.holds ?? [], now);
}

/** The same to show them, those that are over too. @param problems gets the node where it cannot be read */
export async function readHoldsToShow(
  coordinator: Coordinator,
  service: string,
  problems: Problem[],
): Promise<readonly Hold[]> {
  return (await readSound(coordinator, paths.hold(service), holdsSchema, problems))?.value.holds ?? [];
}
