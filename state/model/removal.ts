import type { Coordinator } from '../coordination/coordinator.js';
import { unlessGone } from '../coordination/unless-gone.js';
import { newChangeId, retryOnConflict } from './conflict.js';
import { parseSound, readEntity } from './entity.js';
import { recordOperations } from './history.js';
import { type HistoryEntry, requestEntry } from './history-entry.js';
import { keepNumber } from './numbers.js';
import { paths, serviceOfUnit } from './paths.js';
import { UnitIsSubordinate } from './relation-errors.js';
import { markRelationRemoving, readRelation, relationsOfService, removeLeftRelation } from './relations.js';
import {
  type KeptAnyway,
  machinesThatKeep,
  removalInPlaceOf,
  requestToGo,
  tellKept,
} from './removal-request.js';
import { requestOperation } from './requests.js';
import { type Removal, removalSchema, serviceSchema, type Unit, unitSchema } from './schemas.js';
import { editService, removeServiceOperations, unitsOfService } from './services.js';
import { freePlaceOperations, subordinatesOf, unitsPlacedBy } from './subordinates.js';
import { removeUnitOperations, requireUnit } from './units.js';

/**
 * Asks units to stop and go, and with them those placed beside them. A unit that waits for a machine has nobody who
 * could stop it, so it is removed at once.
 * @param asked gives what goes on a service's record about these units of it, in the transaction that asks them
 * @param told of each unit whose directory is kept although this request did not ask for it
 * @throws UnitNotFound, UnitIsSubordinate, before any unit is asked
 */
export async function requestRemoval(
  coordinator: Coordinator,
  units: readonly string[],
  removal: Removal,
  asked?: (units: readonly string[]) => HistoryEntry,
  told: KeptAnyway = () => undefined,
): Promise<void> {
  await requireRemovable(coordinator, units);
  for (const service of new Set(units.map(serviceOfUnit))) {
    const own = units.filter((unit) => serviceOfUnit(unit) === service);
    await askTogether(coordinator, service, own, removal, asked?.(own), told);
  }
  await askToGo(coordinator, units, removal, told, true);
}

/** Units asked per transaction. */
const UNITS_PER_TRANSACTION = 500;

/** Asks units of one service to go, with what goes on its record; also those that nobody runs yet, which are removed next. */
async function askTogether(
  coordinator: Coordinator,
  service: string,
  units: readonly string[],
  removal: Removal,
  asked: HistoryEntry | undefined,
  told: KeptAnyway,
): Promise<void> {
  for (let start = 0; start < units.length; start += UNITS_PER_TRANSACTION) {
    const batch = units.slice(start, start + UNITS_PER_TRANSACTION);
    await retryOnConflict(`units of ${service}`, async () => {
      const nodes = await coordinator.getMany(
        batch.flatMap((unit) => [paths.unit(unit), paths.removal(unit)]),
      );
      const standing = batch.flatMap((unit, index) => {
        const node = nodes[2 * index];
        if (node === undefined) return [];
        const machine = parseSound(paths.unit(unit), unitSchema, node, [])?.value.machine ?? null;
        return [{ unit, machine, standing: nodes[2 * index + 1] }];
      });
      if (standing.length === 0) return;
      const keeping = await machinesThatKeep(
        coordinator,
        standing.map(({ machine }) => machine),
      );
      const requests = standing.map((each) => {
        const asked = { standing: each.standing, named: true, keeps: keeping.has(each.machine) };
        return { ...each, request: removalInPlaceOf(removal, asked) };
      });
      const operations = requests.map(({ unit, standing: before, request }) =>
        requestOperation(paths.removal(unit), request, before),
      );
      const record = start === 0 ? await recordOperations(coordinator, [service], asked) : [];
      await coordinator.transaction([...operations, ...record]);
      for (const { unit, request } of requests) tellKept(unit, removal, request, told);
    });
  }
}

/** @throws UnitNotFound, UnitIsSubordinate */
export async function requireRemovable(coordinator: Coordinator, units: readonly string[]): Promise<void> {
  const found = await Promise.all(units.map((name) => requireUnit(coordinator, name)));
  for (const [index, { value }] of found.entries()) {
    // One whose principal is gone would otherwise stay for ever.
    if (value.principal !== undefined && (await coordinator.get(paths.unit(value.principal))) !== undefined)
      throw new UnitIsSubordinate({ unit: units[index] ?? '', principal: value.principal });
  }
}

/**
 * The same for units of any kind; those that are gone already are left out.
 * @param asked whether they are asked already, and only what follows from it is to be done
 */
async function askToGo(
  coordinator: Coordinator,
  units: readonly string[],
  removal: Removal,
  told: KeptAnyway,
  asked = false,
): Promise<void> {
  await Promise.all(
    units.map(async (name) => {
      const unit = await readEntity(coordinator, paths.unit(name), unitSchema);
      if (unit === undefined) return;
      if (unit.value.machine === null) return removeUnit(coordinator, name, removal, unit.value);
      if (!asked)
        await unlessGone(async () => {
          const keeping = await machinesThatKeep(coordinator, [unit.value.machine]);
          const keeps = keeping.has(unit.value.machine);
          tellKept(name, removal, await requestToGo(coordinator, name, removal, keeps), told);
        });
      await freePlace(coordinator, name);
      await askToGo(coordinator, await subordinatesOf(coordinator, name), removal, told);
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
    if (unit === undefined || (life !== undefined && life.incarnation !== unit.value.incarnation)) return;
    const asked = removal ?? (await readEntity(coordinator, paths.removal(name), removalSchema))?.value;
    const beside = await subordinatesOf(coordinator, name);
    if (asked !== undefined) await askToGo(coordinator, beside, asked, () => undefined);
    await coordinator.transaction(await removeUnitOperations(coordinator, name, unit));
  });
  await removeDroppedRelations(coordinator, serviceOfUnit(name));
  await removeServiceIfEmpty(coordinator, serviceOfUnit(name));
}

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
  await editService(coordinator, service, (current) => ({ ...current, destroying: true, change }), asked);
  const relations = (await coordinator.children(paths.serviceRelations(service))) ?? [];
  // One that fails, as where its node cannot be read, is told of when all others were asked.
  const left = await Promise.allSettled(
    relations.map((id) => removeRelation(coordinator, id, removal, told)),
  );
  const units = await unitsOfService(coordinator, service);
  await askToGo(coordinator, units, removal, told);
  await removeServiceIfEmpty(coordinator, service);
  for (const each of left) if (each.status === 'rejected') throw each.reason;
  return units;
}

/**
 * Marks a relation as going; the last unit to leave removes it, and one that no unit ever joined is gone at once. The
 * subordinate units that it placed are asked to stop and go.
 * @param told of each of them whose directory is kept although this request did not ask for it
 */
export async function removeRelation(
  coordinator: Coordinator,
  id: string,
  removal: Removal,
  told: KeptAnyway = () => undefined,
): Promise<void> {
  await markRelationRemoving(coordinator, id, removal);
  // Read after the mark: a unit that was just being added has its subordinate by now, or will get none.
  const relation = await readRelation(coordinator, id);
  if (relation !== undefined)
    await askToGo(coordinator, await unitsPlacedBy(coordinator, relation), removal, told);
  await removeRelationIfLeft(coordinator, id);
}

/** Removes a relation that is going and was left by all, and with it a service that only waited for that. */
export async function removeRelationIfLeft(coordinator: Coordinator, id: string): Promise<void> {
  const services = await removeLeftRelation(coordinator, id);
  await Promise.all(services.map((service) => removeServiceIfEmpty(coordinator, service)));
}

/** Removes the peer relations of a service that its formula dropped, as far as no unit of it may be in them any more. */
async function removeDroppedRelations(coordinator: Coordinator, service: string): Promise<void> {
  const dropped = (await relationsOfService(coordinator, service)).filter(
    ({ value }) => value.dropped === true,
  );
  await Promise.all(dropped.map(({ id }) => removeRelationIfLeft(coordinator, id)));
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
