import type { Coordinator } from '../../state/coordination/coordinator.js';
import { newChangeId, retryOnConflict } from '../../state/model/conflict.js';
import { readEntity } from '../../state/model/entity.js';
import { ServiceDestroying } from '../../state/model/errors.js';
import { recordOperations } from '../../state/model/history.js';
import { type HistoryEntry, requestEntry } from '../../state/model/history-entry.js';
import { paths } from '../../state/model/paths.js';
import { findPlaces, type Places, requireOpenMachine } from '../../state/model/placement.js';
import { ServiceIsSubordinate } from '../../state/model/relation-errors.js';
import type { Requester } from '../../state/model/requester.js';
import { unitSchema } from '../../state/model/schemas.js';
import { editService, requireService } from '../../state/model/services.js';
import { companyOf } from '../../state/model/subordinates.js';
import { createUnitOperations } from '../../state/model/unit-operations.js';
import { namesOf } from '../names-of.js';
import type { Session } from '../session.js';

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

/**
 * Adds units to a service, which is on its record.
 * @returns the new units' names, and the formula that they are made of
 * @throws as `addUnits`
 */
export async function growService(
  { coordinator }: Pick<Session, 'coordinator'>,
  { service, count, machine, by }: UnitsRequest,
): Promise<{ readonly formula: string; readonly units: readonly string[] }> {
  const { formula } = (await requireService(coordinator, service)).value;
  const units = await addUnits(coordinator, service, count, by.requestedAt, machine, (added) =>
    requestEntry(by, { what: 'add-unit', message: namesOf(added) }),
  );
  return { formula, units };
}

/** How many units a service shall have more, and where. */
export interface UnitsRequest {
  readonly service: string;
  readonly count: number;
  readonly machine?: string | undefined;
  readonly by: Requester;
}
