import type { Coordinator } from '../state/coordination/coordinator.js';
import { retryOnConflict } from '../state/model/conflict.js';
import { nodeValue, readEntity } from '../state/model/entity.js';
import { type MachineState, machineNotFound, readMachines } from '../state/model/machines.js';
import { paths } from '../state/model/paths.js';
import { type Cordon, machineSchema } from '../state/model/schemas.js';

/** Machines that a sentence names. */
const MOST_NAMES = 5;

/**
 * Has a machine take no new units; what is there stays. It stands in the machine's node, which agents rewrite by version
 * and with all that they find there, so that it lasts until `uncordonMachine`, or until the machine is removed.
 * @returns the cordon that stood before, whose `since` and `by` stand on, and whose reason does where none is given
 * @throws MachineNotFound, NodeInvalid
 */
export async function cordonMachine(
  coordinator: Coordinator,
  name: string,
  cordon: Cordon,
): Promise<Cordon | undefined> {
  return changeCordon(coordinator, name, (standing) => ({
    ...cordon,
    ...standing,
    ...(cordon.reason !== undefined && { reason: cordon.reason }),
  }));
}

/**
 * Has a machine take new units again.
 * @returns the cordon that stood
 * @throws MachineNotFound, NodeInvalid
 */
export async function uncordonMachine(coordinator: Coordinator, name: string): Promise<Cordon | undefined> {
  return changeCordon(coordinator, name, () => undefined);
}

/** @returns the cordon that stood before */
async function changeCordon(
  coordinator: Coordinator,
  name: string,
  change: (standing: Cordon | undefined) => Cordon | undefined,
): Promise<Cordon | undefined> {
  const path = paths.machine(name);
  // What this call wrote, where the answer was lost.
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
    await coordinator.set(path, value, found.version);
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
