import type { Coordinator } from '../../state/coordination/coordinator.js';
import { newChangeId } from '../../state/model/conflict.js';
import { readEntity } from '../../state/model/entity.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { paths } from '../../state/model/paths.js';
import { askToGo, removeServiceIfEmpty } from '../../state/model/removal.js';
import type { KeptAnyway } from '../../state/model/removal-request.js';
import type { Requester } from '../../state/model/requester.js';
import { type CloneReference, clonesLeftBy, readRollout } from '../../state/model/rollout.js';
import type { Removal } from '../../state/model/request-schemas.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import { editService, unitsOfService } from '../../state/model/services.js';
import type { Session } from '../session.js';
import { removeRelation } from './remove-relation.js';
import { type Leavings, removalBy } from './remove-units.js';

/**
 * Marks a service as going and asks all its units to stop and go; without units it is gone at once. That is on its
 * record as soon as it is marked.
 * @param told of each unit whose directory is kept although this request did not ask for it
 * @throws ServiceNotFound
 */
export async function destroyService(
  coordinator: Coordinator,
  service: string,
  removal: Removal,
  told: KeptAnyway = () => undefined,
): Promise<readonly string[]> {
  // First the mark, which forbids new units, and then the units: nobody can add one in between.
  const change = newChangeId();
  const asked = requestEntry(removal, { what: 'destroy-service' });
  await editService(
    coordinator,
    service,
    (current) => ({ ...current, destroying: true, removal, change }),
    asked,
  );
  return clearService(coordinator, service, removal, told);
}

/**
 * Has go what belongs to a service that is marked already.
 * @param asked `some`: whoever marked it may have asked some of its units, which stay asked as they are
 * @returns all units that it had
 */
export async function clearService(
  coordinator: Coordinator,
  service: string,
  removal: Removal,
  told: KeptAnyway = () => undefined,
  asked: 'none' | 'some' = 'none',
): Promise<readonly string[]> {
  // From here on no clone of it is made any more: one that is not promoted goes with it.
  const rollout = await readRollout(coordinator, service);
  if (rollout !== undefined) await destroyClones(coordinator, clonesLeftBy(rollout.value), removal, told);
  const relations = (await coordinator.children(paths.serviceRelations(service))) ?? [];
  // A unit that fails, as when its node cannot be read, is told of when all others were asked.
  const left = await Promise.allSettled(
    relations.map((id) => removeRelation(coordinator, id, removal, told, asked)),
  );
  const units = await unitsOfService(coordinator, service);
  await askToGo(coordinator, units, removal, told, asked);
  await removeServiceIfEmpty(coordinator, service);
  for (const each of left) if (each.status === 'rejected') throw each.reason;
  return units;
}

/**
 * Has clones go, where a service of that name is still the clone that is meant; also one that goes already, as whoever began
 * with it may have died over it.
 */
export async function destroyClones(
  coordinator: Coordinator,
  clones: readonly CloneReference[],
  removal: Removal,
  told: KeptAnyway = () => undefined,
): Promise<void> {
  for (const { service, rollout } of clones) {
    const found = await readEntity(coordinator, paths.service(service), serviceSchema);
    if (found?.value.cloneOf?.rollout === rollout) await destroyService(coordinator, service, removal, told);
  }
}

/** Which service shall go, and what of its units' data. */
export interface ServiceRemoval extends Leavings {
  readonly service: string;
  readonly by: Requester;
}

/**
 * Asks all units of a service to stop and go, and the service with them.
 * @param told of each unit whose directory is kept although this request did not ask for it
 * @returns the units that were asked, and whether the service is gone already
 * @throws ServiceNotFound
 */
export async function removeService(
  { coordinator }: Pick<Session, 'coordinator'>,
  { service, by, ...leavings }: ServiceRemoval,
  told: KeptAnyway,
): Promise<{ readonly units: readonly string[]; readonly isGone: boolean }> {
  const units = await destroyService(coordinator, service, removalBy(by, leavings), told);
  return { units, isGone: (await coordinator.get(paths.service(service))) === undefined };
}
