import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { chooseMachines, readLoads } from './choose-machines.js';
import { retryOnConflict } from './conflict.js';
import { nodeValue, type Problem, parseSound, readEntity } from './entity.js';
import { MachineCordoned } from './errors.js';
import { machineNotFound } from './machines.js';
import { compareUnits, paths, serviceOfUnit } from './paths.js';
import { machineSchema } from './machine-schemas.js';
import { type Unit, unitSchema } from './unit-schemas.js';
import { placeOperation } from './unit-operations.js';

/** Units placed per transaction: three nodes each. */
const UNITS_PER_TRANSACTION = 200;

/** Machines for new units, and what the transaction that puts them there has to check. */
export interface Places {
  /** The machine of each unit, in their order; null if it has to wait. */
  readonly machines: readonly (string | null)[];
  /** They fail where somebody placed units of the service, or changed one of the machines, since. */
  readonly operations: readonly Operation[];
}

/**
 * Chooses machines for new units. Of several who place units of one service at a time one goes first, and the others
 * choose anew: each sets the node that names the service's units, by version. So no choice rests on a picture in which
 * another one's units are missing; and a machine that was cordoned since is not taken.
 * @param services the service of each new unit
 */
export async function findPlaces(coordinator: Coordinator, services: readonly string[]): Promise<Places> {
  const turns = [...new Set(services)].map(paths.serviceUnits);
  const nodes = await coordinator.getMany(turns);
  const loads = await readLoads(coordinator);
  const machines = chooseMachines(loads, services);
  const taken = new Set(machines);
  return {
    machines,
    operations: [
      ...turns.flatMap((path, index): readonly Operation[] => {
        const node = nodes[index];
        return node === undefined ? [] : [{ kind: 'set', path, value: node.value, version: node.version }];
      }),
      ...loads
        .filter(({ name }) => taken.has(name))
        .map(({ name, version }): Operation => ({ kind: 'check', path: paths.machine(name), version })),
    ],
  };
}

/**
 * Looks whether new units may be put on a machine that was named.
 * @returns what fails where the machine was changed since
 * @throws MachineNotFound, MachineCordoned
 */
export async function requireOpenMachine(coordinator: Coordinator, machine: string): Promise<Operation> {
  const path = paths.machine(machine);
  const node = await coordinator.get(path);
  if (node === undefined) throw await machineNotFound(coordinator, machine);
  const cordon = parseSound(path, machineSchema, node, [])?.value.cordoned;
  if (cordon !== undefined) throw new MachineCordoned({ machine, by: cordon.by, reason: cordon.reason });
  return { kind: 'check', path, version: node.version };
}

/**
 * Places units that wait for a machine, as far as there is one; a subordinate goes where its principal is. May be done
 * again, and by several at once.
 * @param problems gets the nodes of units that cannot be read: each of them waits, and no other with it
 */
export async function placeWaiting(
  coordinator: Coordinator,
  names: readonly string[],
  problems: Problem[],
): Promise<void> {
  const units = await readWaiting(coordinator, [...names].sort(compareUnits), problems);
  const free = units.flatMap(({ name, unit }) => (unit.principal === undefined ? [name] : []));
  for (let start = 0; start < free.length; start += UNITS_PER_TRANSACTION)
    await placeSome(coordinator, free.slice(start, start + UNITS_PER_TRANSACTION));
  // After their principals, which may have been placed just now.
  await Promise.all(
    units.map(({ name, unit }) =>
      unit.principal === undefined ? undefined : placeBeside(coordinator, name, unit.principal),
    ),
  );
}

interface Waiting {
  readonly name: string;
  readonly unit: Unit;
  readonly version: number;
}

/** Picks the units that are there and have no machine. */
async function readWaiting(
  coordinator: Coordinator,
  names: readonly string[],
  problems: Problem[],
): Promise<readonly Waiting[]> {
  const nodes = await coordinator.getMany(names.map(paths.unit));
  return names.flatMap((name, index) => {
    const found = parseSound(paths.unit(name), unitSchema, nodes[index], problems);
    if (found === undefined || found.value.machine !== null) return [];
    return [{ name, unit: found.value, version: found.version }];
  });
}

async function placeSome(coordinator: Coordinator, names: readonly string[]): Promise<void> {
  await retryOnConflict('units without a machine', async () => {
    const units = await readWaiting(coordinator, names, []);
    const services = units.map(({ name }) => serviceOfUnit(name));
    const { machines, operations } = await findPlaces(coordinator, services);
    const placed = units.flatMap((unit, index) => placeOperations(unit, machines[index] ?? null));
    if (placed.length > 0) await coordinator.transaction([...operations, ...placed]);
  });
}

async function placeBeside(coordinator: Coordinator, name: string, principal: string): Promise<void> {
  await retryOnConflict(`unit ${name}`, async () => {
    const [unit] = await readWaiting(coordinator, [name], []);
    if (unit === undefined) return;
    const beside = await readEntity(coordinator, paths.unit(principal), unitSchema);
    const operations = placeOperations(unit, beside?.value.machine ?? null);
    if (operations.length > 0) await coordinator.transaction(operations);
  });
}

function placeOperations({ name, unit, version }: Waiting, machine: string | null): readonly Operation[] {
  if (machine === null) return [];
  return [
    { kind: 'set', path: paths.unit(name), value: nodeValue({ ...unit, machine }), version },
    { kind: 'remove', path: paths.unplacedUnit(name) },
    placeOperation(name, machine, unit.incarnation),
  ];
}
