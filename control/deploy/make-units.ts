import type { Coordinator } from '../../state/coordination/coordinator.js';
import { newChangeId, retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue } from '../../state/model/entity.js';
import { ServiceDestroying } from '../../state/model/errors.js';
import { recordOperations } from '../../state/model/history.js';
import type { HistoryEntry } from '../../state/model/history-entry.js';
import { paths } from '../../state/model/paths.js';
import { findPlaces, type Places, requireOpenMachine } from '../../state/model/placement.js';
import { requireService } from '../../state/model/services.js';
import { companyOf } from '../../state/model/subordinates.js';
import { namesOfBatch, unmadeBatches, withMade } from '../../state/model/unit-batches.js';
import { createUnitOperations } from '../../state/model/unit-operations.js';

/** Nodes of this many units are created per transaction: six each, well below the coordinator's 1 MB per request. */
const UNITS_PER_TRANSACTION = 200;

/** How units are made. */
export interface Making {
  /** ISO instant for the units' first status. */
  readonly now: string;
  /** Where all of them go, in the place of what was named. */
  readonly machine?: string | undefined;
  /**
   * Gives what goes on the service's record about these units, in each transaction that makes some: of all that were made
   * here so far. Under one id: the next takes its place.
   */
  readonly asked?: ((units: readonly string[]) => HistoryEntry) | undefined;
}

/**
 * Makes units of a service whose numbers are taken. How many of them are made stands in the service's node, and each
 * transaction that makes some says so there: whoever was interrupted is gone on for by whoever comes next, and of several
 * at once each unit is made by one.
 * @param first the number of the first of them, by which they are known
 * @returns those that were made here
 * @throws ServiceNotFound, ServiceDestroying, MachineNotFound, MachineCordoned
 */
export async function makeUnits(
  coordinator: Coordinator,
  service: string,
  first: number,
  making: Making,
): Promise<readonly string[]> {
  const made: string[] = [];
  let id: string | undefined;
  const asked =
    making.asked &&
    ((units: readonly string[]): HistoryEntry | undefined => {
      const entry = making.asked?.([...made, ...units]);
      id ??= entry?.id;
      return entry && { ...entry, id: id ?? entry.id };
    });
  for (;;) {
    const names = await makeSome(coordinator, service, first, making, asked);
    if (names.length === 0) return made;
    made.push(...names);
  }
}

/** @returns what was made; none where nothing is left */
async function makeSome(
  coordinator: Coordinator,
  service: string,
  first: number,
  { now, machine }: Making,
  asked: ((units: readonly string[]) => HistoryEntry | undefined) | undefined,
): Promise<readonly string[]> {
  const change = newChangeId();
  let names: readonly string[] = [];
  return retryOnConflict(`units of ${service}`, async () => {
    // An operator who destroys the service asks the units it lists to go; a unit made after that would stay for ever.
    // And the service changes with every relation that comes, so that the relations read after it are all there are.
    const { value, version } = await requireService(coordinator, service);
    // The answer to an earlier try was lost.
    if (value.change === change) return names;
    if (value.destroying) throw new ServiceDestroying({ service });
    const batch = unmadeBatches(value).find((each) => each.first === first);
    if (batch === undefined) return [];
    const company = await companyOf(coordinator, service);
    const size = Math.max(1, Math.floor(UNITS_PER_TRANSACTION / (1 + company.each)));
    names = namesOfBatch(service, batch).slice(batch.made, batch.made + size);
    const places = await placesFor(coordinator, service, names.length, machine ?? batch.machine);
    const principals = names.map((name, index) => ({ name, machine: places.machines[index] ?? null }));
    await coordinator.transaction([
      {
        kind: 'set',
        path: paths.service(service),
        value: nodeValue({ ...withMade(value, first, batch.made + names.length), change }),
        version,
      },
      ...places.operations,
      ...principals.flatMap((principal) => createUnitOperations({ ...principal, service, change }, now)),
      ...company.operations(principals, change, now),
      ...(await recordOperations(coordinator, [service], asked?.(names))),
    ]);
    return names;
  });
}

/**
 * Where new units of a service go: on `machine`, where one is named, or where `findPlaces` says.
 * @throws MachineNotFound, MachineCordoned
 */
async function placesFor(
  coordinator: Coordinator,
  service: string,
  count: number,
  machine: string | undefined,
): Promise<Places> {
  const each = Array.from({ length: count }, () => machine ?? service);
  if (machine === undefined) return findPlaces(coordinator, each);
  return { machines: each, operations: [await requireOpenMachine(coordinator, machine)] };
}
