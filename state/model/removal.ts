import type { Coordinator } from '../coordination/coordinator.js';
import { unlessGone } from '../coordination/unless-gone.js';
import { retryOnConflict } from './conflict.js';
import { readEntity } from './entity.js';
import { isOfLife } from './incarnation.js';
import { keepNumber } from './numbers.js';
import { paths, serviceOfUnit } from './paths.js';
import { relationsOfService, removeLeftRelation } from './relations.js';
import { type KeptAnyway, machinesThatKeep, requestToGo, tellKept } from './removal-request.js';
import { type Removal, removalSchema } from './request-schemas.js';
import { serviceSchema } from './service-schemas.js';
import { type Unit, unitSchema } from './unit-schemas.js';
import { removeServiceOperations, unitsOfService } from './services.js';
import { freePlaceOperations, subordinatesOf } from './subordinates.js';
import { removeUnitOperations } from './units.js';

/**
 * Asks units of any kind to stop and go, and with them those placed beside them; those that are gone already are left out.
 * A unit that waits for a machine has nobody who could stop it, so it is removed at once.
 * @param asked `these`: they are asked already, and only what follows from it is to be done; `some`: one that is asked
 *   already, by whomever, stays asked as it is, and so do those beside it
 */
export async function askToGo(
  coordinator: Coordinator,
  units: readonly string[],
  removal: Removal,
  told: KeptAnyway,
  asked: 'none' | 'some' | 'these' = 'none',
): Promise<void> {
  await Promise.all(
    units.map(async (name) => {
      const unit = await readEntity(coordinator, paths.unit(name), unitSchema);
      if (unit === undefined) return;
      if (unit.value.machine === null) return removeUnit(coordinator, name, removal, unit.value);
      const stands = asked === 'some' && (await coordinator.get(paths.removal(name))) !== undefined;
      if (asked !== 'these' && !stands)
        await unlessGone(async () => {
          const keeping = await machinesThatKeep(coordinator, [unit.value.machine]);
          const keeps = keeping.has(unit.value.machine);
          tellKept(name, removal, await requestToGo(coordinator, name, removal, keeps), told);
        });
      await freePlace(coordinator, name);
      const beside = await subordinatesOf(coordinator, name);
      await askToGo(coordinator, beside, removal, told, asked === 'some' ? 'some' : 'none');
    }),
  );
}

/** A subordinate that goes makes room: where the services are related again before it is gone, a new one is placed. */
async function freePlace(coordinator: Coordinator, name: string): Promise<void> {
  await retryOnConflict(`unit ${name}`, async () => {
    const unit = await readEntity(coordinator, paths.unit(name), unitSchema);
    const operations = unit === undefined ? [] : await freePlaceOperations(coordinator, name, unit.value);
    if (operations.length > 0) await coordinator.transaction(operations);
  });
}

/**
 * Removes every node of a unit that has stopped; with the last unit of a service that is being destroyed, the
 * service too. May be done twice.
 * @param removal what units still placed beside it are asked by; default: what the unit itself was asked by
 * @param life only this life of the unit's name; by default whichever there is
 */
export async function removeUnit(
  coordinator: Coordinator,
  name: string,
  removal?: Removal,
  life?: Pick<Unit, 'incarnation'>,
): Promise<void> {
  await retryOnConflict(`unit ${name}`, async () => {
    const unit = await readEntity(coordinator, paths.unit(name), unitSchema);
    if (unit === undefined || (life !== undefined && !isOfLife(life.incarnation, unit.value))) return;
    const asked = removal ?? (await readEntity(coordinator, paths.removal(name), removalSchema))?.value;
    const beside = await subordinatesOf(coordinator, name);
    if (asked !== undefined) await askToGo(coordinator, beside, asked, () => undefined);
    await coordinator.transaction(await removeUnitOperations(coordinator, name, unit));
  });
  await removeDroppedRelations(coordinator, serviceOfUnit(name));
  await removeServiceIfEmpty(coordinator, serviceOfUnit(name));
}

/** Removes a relation that is going and was left by all, and with it a service that only waited for that. */
export async function removeRelationIfLeft(coordinator: Coordinator, number: string): Promise<void> {
  const services = await removeLeftRelation(coordinator, number);
  await Promise.all(services.map((service) => removeServiceIfEmpty(coordinator, service)));
}

/** Removes the peer relations of a service that its formula dropped, as far as no unit of it may be in them any more. */
async function removeDroppedRelations(coordinator: Coordinator, service: string): Promise<void> {
  const dropped = (await relationsOfService(coordinator, service)).filter(
    ({ value }) => value.dropped === true,
  );
  await Promise.all(dropped.map(({ number }) => removeRelationIfLeft(coordinator, number)));
}

/** Removes a service that is being destroyed and has neither units nor relations left. */
export async function removeServiceIfEmpty(coordinator: Coordinator, name: string): Promise<void> {
  await retryOnConflict(`service ${name}`, async () => {
    const service = await readEntity(coordinator, paths.service(name), serviceSchema);
    if (service === undefined || service.value.destroying !== true) return;
    if ((await unitsOfService(coordinator, name)).length > 0) return;
    if (((await coordinator.children(paths.serviceRelations(name))) ?? []).length > 0) return;
    const children = (await coordinator.children(paths.service(name))) ?? [];
    await coordinator.transaction([
      ...(await keepNumber(coordinator, name, service.value.nextUnit)),
      ...removeServiceOperations(name, service.version, children),
    ]);
  });
}
