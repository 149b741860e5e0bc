import type { Coordinator } from '../../state/coordination/coordinator.js';
import { newChangeId } from '../../state/model/conflict.js';
import { ServiceDestroying } from '../../state/model/errors.js';
import { type HistoryEntry, requestEntry } from '../../state/model/history-entry.js';
import { requireOpenMachine } from '../../state/model/placement.js';
import { ServiceIsSubordinate } from '../../state/model/relation-errors.js';
import type { Requester } from '../../state/model/requester.js';
import { editService, requireService } from '../../state/model/services.js';
import { namesOfBatch, unmadeBatches, withBatches } from '../../state/model/unit-batches.js';
import { triedClone } from '../../state/model/tried-clone.js';
import { namesOf } from '../names-of.js';
import { requireStaying } from '../require-staying.js';
import type { Session } from '../session.js';
import { makeUnits } from './make-units.js';

/**
 * Adds `count` units to a service and places each: on `machine`, or where `chooseMachines` says, or, where it finds none,
 * among the unplaced, which agents take up as soon as there is one.
 *
 * The numbers are claimed first, by a version-checked write of the service, so that two operators at once never make
 * the same unit, and a number is never used again. That write says too what is to be made: see `makeUnits`. Where the
 * service is related to subordinates, each new unit comes with one of them beside it, in the same transaction.
 * @param now ISO instant for the units' first status
 * @param asked gives what goes on the service's record about units that were made, with them
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
  const first = await claimNumbers(coordinator, service, count, machine);
  await makeUnits(coordinator, service, first, { now, asked });
  return namesOfBatch(service, { first, units: count });
}

async function claimNumbers(
  coordinator: Coordinator,
  service: string,
  units: number,
  machine: string | undefined,
): Promise<number> {
  const change = newChangeId();
  let first = 0;
  await editService(coordinator, service, (current) => {
    if (current.destroying) throw new ServiceDestroying({ service });
    if (current.subordinate) throw new ServiceIsSubordinate({ service });
    if (current.change === change) return undefined;
    first = current.nextUnit;
    const batch = { first, units, made: 0, ...(machine !== undefined && { machine }) };
    return { ...current, nextUnit: first + units, adding: [...(current.adding ?? []), batch], change };
  });
  return first;
}

/** The units that a service lacks of those that were asked for, as where a command was interrupted. */
export interface RestRequest {
  readonly service: string;
  /** Where all of them go, in the place of what was named when they were asked for. */
  readonly machine?: string | undefined;
  readonly by: Requester;
}

/**
 * Makes the units that an interrupted deploy or `add-unit` left out, which is on the service's record.
 * @returns their names, and the formula that they are made of
 * @throws as `addUnits`, RolloutUnderWay where a clone takes the service's place
 */
export async function makeRest(
  { coordinator }: Pick<Session, 'coordinator'>,
  { service, machine, by }: RestRequest,
): Promise<{ readonly formula: string; readonly units: readonly string[] }> {
  await requireStaying(coordinator, service);
  const { value } = await requireService(coordinator, service);
  if (machine !== undefined) await requireOpenMachine(coordinator, machine);
  const units: string[] = [];
  for (const { first } of unmadeBatches(value)) {
    const asked = (made: readonly string[]): HistoryEntry =>
      requestEntry(by, { what: 'add-unit', message: namesOf(made) });
    units.push(...(await makeUnits(coordinator, service, first, { now: by.requestedAt, machine, asked })));
  }
  return { formula: value.startWith ?? value.formula, units };
}

/**
 * Gives up the units that an interrupted deploy or `add-unit` left out: nobody makes them any more. It is on record.
 * @returns how many they were
 * @throws ServiceNotFound
 */
export async function forgetRest(
  { coordinator }: Pick<Session, 'coordinator'>,
  { service, by }: Pick<RestRequest, 'service' | 'by'>,
): Promise<number> {
  let left = 0;
  const message = 'gives up the units that are not made';
  await editService(
    coordinator,
    service,
    (current) => {
      left = unmadeBatches(current).reduce((sum, { units, made }) => sum + units - made, 0);
      return left === 0 ? undefined : { ...withBatches(current, () => []), change: newChangeId() };
    },
    requestEntry(by, { what: 'add-unit', message }),
  );
  return left;
}

/**
 * Adds units to a service, which is on its record; and as many to the clone of it that is being tried, so that it takes the place
 * of no more than it has.
 * @returns the new units' names, the formula that they are made of, and those of the clone
 * @throws as `addUnits`, RolloutUnderWay where a clone takes its place
 */
export async function growService(
  { coordinator }: Pick<Session, 'coordinator'>,
  { service, count, machine, by }: UnitsRequest,
): Promise<{
  readonly formula: string;
  readonly units: readonly string[];
  readonly ofClone: readonly string[];
}> {
  await requireStaying(coordinator, service);
  const { formula, startWith = formula } = (await requireService(coordinator, service)).value;
  const asked = (added: readonly string[]): HistoryEntry =>
    requestEntry(by, { what: 'add-unit', message: namesOf(added) });
  const units = await addUnits(coordinator, service, count, by.requestedAt, machine, asked);
  const { clone } = await triedClone(coordinator, service);
  // Placed as new units are: the machine was named for those of the service itself.
  const ofClone =
    clone === undefined
      ? []
      : await addUnits(coordinator, clone.service, count, by.requestedAt, undefined, asked);
  return { formula: startWith, units, ofClone };
}

/** How many units a service shall have more, and where. */
export interface UnitsRequest {
  readonly service: string;
  readonly count: number;
  readonly machine?: string | undefined;
  readonly by: Requester;
}
