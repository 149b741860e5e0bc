import type { Coordinator } from '../state/coordination/coordinator.js';
import { retryOnConflict } from '../state/model/conflict.js';
import { nodeValue, readEntity } from '../state/model/entity.js';
import { MachineNotFound } from '../state/model/errors.js';
import { recordEnvironmentOperations } from '../state/model/history.js';
import { type HistoryEntry, requestEntry } from '../state/model/history-entry.js';
import { type MachineState, machineNotFound, readMachines } from '../state/model/machines.js';
import { paths, unitOfNode } from '../state/model/paths.js';
import { placeWaiting } from '../state/model/placement.js';
import type { Requester } from '../state/model/requester.js';
import { type Cordon, machineSchema } from '../state/model/machine-schemas.js';
import type { Session } from './session.js';

/** Machines that a sentence names. */
const MOST_NAMES = 5;

/**
 * Has a machine take no new units; what is there stays. It stands in the machine's node, which agents rewrite by version
 * and with all that they find there, so that it lasts until `uncordonMachine`, or until the machine is removed.
 * @param requester who is on record for it, where it changes something
 * @returns the cordon that stood before, whose `since` and `by` stand on, and whose reason does where none is given
 * @throws MachineNotFound, NodeInvalid
 */
export async function cordonMachine(
  coordinator: Coordinator,
  name: string,
  cordon: Cordon,
  requester?: Requester,
): Promise<Cordon | undefined> {
  const { reason } = cordon;
  const message = reason === undefined ? name : `${name}: ${reason}`;
  const asked = requester && requestEntry(requester, { what: 'cordon', message });
  return changeCordon(coordinator, name, asked, (standing) => ({
    ...cordon,
    ...standing,
    ...(reason !== undefined && { reason }),
  }));
}

/**
 * Has a machine take new units again.
 * @param requester who is on record for it, where it was cordoned
 * @returns the cordon that stood
 * @throws MachineNotFound, NodeInvalid
 */
export async function uncordonMachine(
  coordinator: Coordinator,
  name: string,
  requester?: Requester,
): Promise<Cordon | undefined> {
  const asked = requester && requestEntry(requester, { what: 'uncordon', message: name });
  return changeCordon(coordinator, name, asked, () => undefined);
}

/** A machine is cordoned, or is no more; `before` is the cordon that stood. */
export interface CordonEvent {
  readonly machine: string;
  readonly before: Cordon | undefined;
}

/**
 * Has machines take no new units: all of them are there, or none is cordoned. Again, it only changes the reason.
 * @throws MachineNotFound, NodeInvalid
 */
export async function cordonMachines(
  { coordinator }: Pick<Session, 'coordinator'>,
  { machines, reason, by }: { machines: readonly string[]; reason?: string | undefined; by: Requester },
  tell: (event: CordonEvent) => void,
): Promise<void> {
  await requireMachines(coordinator, machines);
  const cordon: Cordon = { since: by.requestedAt, by: by.by, ...(reason !== undefined && { reason }) };
  for (const machine of machines)
    tell({ machine, before: await cordonMachine(coordinator, machine, cordon, by) });
}

/**
 * Has machines take new units again, and places those that waited. Their agents do so too, once they are up. A unit that
 * cannot be read waits, which `status` shows.
 * @throws MachineNotFound, NodeInvalid
 */
export async function uncordonMachines(
  { coordinator }: Pick<Session, 'coordinator'>,
  { machines, by }: { machines: readonly string[]; by: Requester },
  tell: (event: CordonEvent) => void,
): Promise<void> {
  await requireMachines(coordinator, machines);
  for (const machine of machines) tell({ machine, before: await uncordonMachine(coordinator, machine, by) });
  const waiting = ((await coordinator.children(paths.unplaced)) ?? []).map(unitOfNode);
  if (waiting.length > 0) await placeWaiting(coordinator, waiting, []);
}

/**
 * The machines whose agents are up and of release 0.1.0, which does not know of cordons: any of them may place units that
 * wait on a machine that is cordoned. Only later agents say whose a machine is, and what they keep there.
 */
export async function machinesWithoutCordons({
  coordinator,
}: Pick<Session, 'coordinator'>): Promise<readonly string[]> {
  const machines = await readMachines(coordinator);
  return machines
    .filter(
      ({ agent, machine }) =>
        agent !== undefined && machine.owner === undefined && machine.kept === undefined,
    )
    .map(({ name }) => name);
}

/** @throws MachineNotFound */
export async function requireMachines(coordinator: Coordinator, names: readonly string[]): Promise<void> {
  const known = (await coordinator.children(paths.machines)) ?? [];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new MachineNotFound({ machine: unknown, known });
}

/** @returns the cordon that stood before */
async function changeCordon(
  coordinator: Coordinator,
  name: string,
  asked: HistoryEntry | undefined,
  change: (standing: Cordon | undefined) => Cordon | undefined,
): Promise<Cordon | undefined> {
  const path = paths.machine(name);
  // The write of this call, for the case that its answer was lost.
  let written: { readonly value: string; readonly standing: Cordon | undefined } | undefined;
  return retryOnConflict(`machine ${name}`, async () => {
    const found = await readEntity(coordinator, path, machineSchema);
    if (found === undefined) throw await machineNotFound(coordinator, name);
    if (written?.value === nodeValue(found.value)) return written.standing;
    const { cordoned: standing, ...machine } = found.value;
    const cordoned = change(standing);
    const value = nodeValue({ ...machine, ...(cordoned !== undefined && { cordoned }) });
    if (value === nodeValue(found.value)) return standing;
    written = { value, standing };
    await coordinator.transaction([
      { kind: 'set', path, value, version: found.version },
      ...(await recordEnvironmentOperations(coordinator, asked)),
    ]);
    return standing;
  });
}

/**
 * The machines that keep units without one waiting: all there are, those whose agents are up first, where every one is
 * cordoned; undefined where one is not, or where there is none.
 */
export function closedMachines(machines: readonly MachineState[]): readonly string[] | undefined {
  if (machines.length === 0 || machines.some(({ machine }) => machine.cordoned === undefined))
    return undefined;
  const isUp = ({ agent }: MachineState): boolean => agent !== undefined;
  return machines.toSorted((a, b) => Number(isUp(b)) - Number(isUp(a))).map(({ name }) => name);
}

/** The same of the machines as they are now. */
export async function readClosedMachines(coordinator: Coordinator): Promise<readonly string[] | undefined> {
  return closedMachines(await readMachines(coordinator));
}

/** Why a unit has no machine, where all of them are closed, and the command that helps. */
export function cordonBlocker(closed: readonly string[]): { readonly reason: string; readonly next: string } {
  const [first = ''] = closed;
  const named = closed.slice(0, MOST_NAMES).join(', ');
  const more = closed.length - MOST_NAMES;
  return {
    reason: `it waits for a machine, and every machine is cordoned: ${named}${more > 0 ? ` and ${more} more` : ''}`,
    next: `ensemble uncordon ${first}`,
  };
}
