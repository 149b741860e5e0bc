import type { Coordinator } from '../coordination/coordinator.js';
import type { RelationSpecs } from '../formula/metadata.js';
import { readEntities, readEntity } from './entity.js';
import { metadataOf, readFormulaRecord } from './formulas.js';
import { type MachineState, readMachines } from './machines.js';
import { paths } from './paths.js';
import { type RelationNode, relationsOfService } from './relations.js';
import {
  type Flag,
  flagSchema,
  type Service,
  serviceSchema,
  statusSchema,
  type Unit,
  type UnitStatus,
  unitSchema,
} from './schemas.js';
import { unitsOfService } from './services.js';

/** Units that are read at the same time. */
const UNITS_TOGETHER = 2_000;

/** A unit as observers see it. */
export interface UnitState {
  readonly name: string;
  readonly unit: Unit;
  readonly status: UnitStatus;
  /** Undefined unless an upgrade is wanted. */
  readonly flag: Flag | undefined;
}

export interface ServiceState {
  readonly name: string;
  readonly service: Service;
  readonly exposed: boolean;
  /** In their numbers' order. */
  readonly units: readonly UnitState[];
  /** In their numbers' order. */
  readonly relations: readonly RelationNode[];
}

/** Everything `status` shows, read at one time; entities that vanish while it is read are left out. */
export interface Snapshot {
  readonly machines: readonly MachineState[];
  readonly services: readonly ServiceState[];
  /** The relations that the services' formulas require, by formula id; without those that are optional. */
  readonly required: ReadonlyMap<string, RelationSpecs>;
}

/** Reads the environment; all reads are pipelined, none waits for a round trip per unit. */
export async function readSnapshot(coordinator: Coordinator): Promise<Snapshot> {
  const [machines, names] = await Promise.all([
    readMachines(coordinator),
    coordinator.children(paths.services),
  ]);
  const services = await Promise.all((names ?? []).map((name) => readServiceState(coordinator, name)));
  const standing = services.filter((service) => service !== undefined);
  return { machines, services: standing, required: await readRequired(coordinator, standing) };
}

async function readRequired(
  coordinator: Coordinator,
  services: readonly ServiceState[],
): Promise<ReadonlyMap<string, RelationSpecs>> {
  const ids = [...new Set(services.map(({ service }) => service.formula))];
  const records = await Promise.all(ids.map((id) => readFormulaRecord(coordinator, id)));
  return new Map(
    records.flatMap((record, index) => {
      const id = ids[index];
      if (record === undefined || id === undefined) return [];
      const { requires } = metadataOf(id, record);
      return [[id, Object.fromEntries(Object.entries(requires).filter(([, { optional }]) => !optional))]];
    }),
  );
}

/** One service with its units, or undefined where there is none. */
export async function readServiceState(
  coordinator: Coordinator,
  name: string,
): Promise<ServiceState | undefined> {
  const [service, unitNames, exposed, relations] = await Promise.all([
    readEntity(coordinator, paths.service(name), serviceSchema),
    unitsOfService(coordinator, name),
    coordinator.get(paths.exposed(name)),
    relationsOfService(coordinator, name),
  ]);
  if (service === undefined) return undefined;
  const units = await readUnitStates(coordinator, unitNames);
  const standing = units.filter((unit) => unit !== undefined);
  return { name, service: service.value, exposed: exposed !== undefined, units: standing, relations };
}

/** One unit, or undefined where there is none. */
export async function readUnitState(coordinator: Coordinator, name: string): Promise<UnitState | undefined> {
  return (await readUnitStates(coordinator, [name]))[0];
}

/**
 * Units in the order of their names, undefined where there is none. Of each the status is read after the formula, so
 * that a formula that an upgrade just committed is never seen together with the status of before.
 */
export async function readUnitStates(
  coordinator: Coordinator,
  names: readonly string[],
): Promise<readonly (UnitState | undefined)[]> {
  const found: (UnitState | undefined)[] = [];
  // Some at a time: more of them under way at once take longer, since all of it is in memory then.
  for (let start = 0; start < names.length; start += UNITS_TOGETHER) {
    const together = names.slice(start, start + UNITS_TOGETHER);
    const [units, statuses, flagged] = await Promise.all([
      readEntities(coordinator, together.map(paths.unit), unitSchema),
      readEntities(coordinator, together.map(paths.status), statusSchema),
      readEntities(coordinator, together.map(paths.upgrade), flagSchema),
    ]);
    for (const [index, name] of together.entries()) {
      const [unit, status] = [units[index], statuses[index]];
      found.push(
        unit && status && { name, unit: unit.value, status: status.value, flag: flagged[index]?.value },
      );
    }
  }
  return found;
}
