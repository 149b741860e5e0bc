import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { type Entity, type Problem, parseSound, readEntity } from './entity.js';
import { UnitNotFound } from './errors.js';
import { paths, serviceOfUnit } from './paths.js';
import { type Unit, unitSchema } from './unit-schemas.js';
import { freePlaceOperations } from './subordinates.js';

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
