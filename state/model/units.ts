import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { newChangeId, retryOnConflict } from './conflict.js';
import { type Entity, type Problem, parseSound, readEntity } from './entity.js';
import { ServiceDestroying, UnitNotFound } from './errors.js';
import { recordOperations } from './history.js';
import type { HistoryEntry } from './history-entry.js';
import { paths, serviceOfUnit } from './paths.js';
import { findPlaces, type Places, requireOpenMachine } from './placement.js';
import { ServiceIsSubordinate } from './relation-errors.js';
import { type Unit, unitSchema } from './schemas.js';
import { editService, requireService } from './services.js';
import { companyOf, freePlaceOperations } from './subordinates.js';
import { createUnitOperations } from './unit-operations.js';

/** A unit's node, with its name. */
export interface NamedUnit {
  readonly name: string;
  readonly unit: Unit;
}

/**
 * The nodes of units in the order of their names, without those that are not there, or cannot be read.
 * @param problems gets the nodes that cannot be read
 */
export async function readUnits(
  coordinator: Coordinator,
  names: readonly string[],
  problems: Problem[],
): Promise<readonly NamedUnit[]> {
  const nodes = await coordinator.getMany(names.map(paths.unit));
  return names.flatMap((name, index) => {
    const unit = parseSound(paths.unit(name), unitSchema, nodes[index], problems)?.value;
    return unit === undefined ? [] : [{ name, unit }];
  });
}

/** Nodes of this many units are created per transaction: six each, well below the coordinator's 1 MB per request. */
export const UNITS_PER_TRANSACTION = 200;

/**
 * Adds `count` units to a service and places each: on `machine`, or where `chooseMachines` says, or, where it finds none,
 * among the unplaced, which agents take up as soon as there is one.
 *
 * The numbers are claimed first, by a version-checked write of the service, so that two operators at once never make
 * the same unit, and a number is never used again. Where the service is related to subordinates, each new unit comes
 * with one of them beside it, in the same transaction.
 * @param now ISO instant for the units' first status
 * @param asked gives what goes on the service's record with the first of them
 * @returns the new units' names
 * @throws ServiceNotFound, ServiceDestroying, ServiceIsSubordinate, MachineNotFound, MachineCordoned
 */
export async function addUnits(
  coordinator: Coordinator,
  service: string,
  count: number,
  now: string,
  machine?: string,
  asked?: (units: readonly string[]) => HistoryEntry,
): Promise<readonly string[]> {
  // Before a number is used.
  if (machine !== undefined) await requireOpenMachine(coordinator, machine);
  const first = await claimNumbers(coordinator, service, count);
  const names = Array.from({ length: count }, (_, index) => `${service}/${first + index}`);
  const { each } = await companyOf(coordinator, service);
  const size = Math.max(1, Math.floor(UNITS_PER_TRANSACTION / (1 + each)));
  for (let start = 0; start < count; start += size) {
    const entry = start === 0 ? asked?.(names) : undefined;
    await createUnits(coordinator, service, names.slice(start, start + size), now, machine, entry);
  }
  return names;
}

async function claimNumbers(coordinator: Coordinator, service: string, count: number): Promise<number> {
  const change = newChangeId();
  let first = 0;
  await editService(coordinator, service, (current) => {
    if (current.destroying) throw new ServiceDestroying({ service });
    if (current.subordinate) throw new ServiceIsSubordinate({ service });
    if (current.change === change) return undefined;
    first = current.nextUnit;
    return { ...current, nextUnit: first + count, change };
  });
  return first;
}

async function createUnits(
  coordinator: Coordinator,
  service: string,
  names: readonly string[],
  now: string,
  machine: string | undefined,
  asked: HistoryEntry | undefined,
): Promise<void> {
  const change = newChangeId();
  await retryOnConflict(`units of ${service}`, async () => {
    // The numbers are ours alone: if the first unit is there, an earlier try of this batch went through.
    if (await isOurs(coordinator, names[0], change)) return;
    // Whoever destroys the service asks the units it lists to go; one made after that would stay for ever. And the
    // service changes with every relation that comes, so that the relations read after it are all there are.
    const { value, version } = await requireService(coordinator, service);
    if (value.destroying) throw new ServiceDestroying({ service });
    const places = await placesFor(coordinator, service, names.length, machine);
    const principals = names.map((name, index) => ({ name, machine: places.machines[index] ?? null }));
    const company = await companyOf(coordinator, service);
    await coordinator.transaction([
      { kind: 'check', path: paths.service(service), version },
      ...places.operations,
      ...principals.flatMap((principal) => createUnitOperations({ ...principal, service, change }, now)),
      ...company.operations(principals, change, now),
      ...(await recordOperations(coordinator, [service], asked)),
    ]);
  });
}

/**
 * Where new units of a service go: on `machine`, where one is named, or where `findPlaces` says.
 * @throws MachineNotFound, MachineCordoned
 */
export async function placesFor(
  coordinator: Coordinator,
  service: string,
  count: number,
  machine: string | undefined,
): Promise<Places> {
  const each = Array.from({ length: count }, () => machine ?? service);
  if (machine === undefined) return findPlaces(coordinator, each);
  return { machines: each, operations: [await requireOpenMachine(coordinator, machine)] };
}

async function isOurs(coordinator: Coordinator, name: string | undefined, change: string): Promise<boolean> {
  if (name === undefined) return true;
  return (await readEntity(coordinator, paths.unit(name), unitSchema))?.value.change === change;
}

/** @throws UnitNotFound */
export async function requireUnit(coordinator: Coordinator, unit: string): Promise<Entity<Unit>> {
  const found = await readEntity(coordinator, paths.unit(unit), unitSchema);
  if (found === undefined) throw new UnitNotFound({ unit });
  return found;
}

/** The operations that remove every node of a unit; which of the optional ones stand is found out first. */
export async function removeUnitOperations(
  coordinator: Coordinator,
  name: string,
  unit: Entity<Unit>,
): Promise<readonly Operation[]> {
  const children = (await coordinator.children(paths.unit(name))) ?? [];
  const { machine } = unit.value;
  return [
    ...children.map((child): Operation => ({ kind: 'remove', path: `${paths.unit(name)}/${child}` })),
    { kind: 'remove', path: paths.unit(name), version: unit.version },
    { kind: 'remove', path: paths.serviceUnit(serviceOfUnit(name), name) },
    ...(await freePlaceOperations(coordinator, name, unit.value)),
    { kind: 'remove', path: machine === null ? paths.unplacedUnit(name) : paths.machineUnit(machine, name) },
  ];
}
