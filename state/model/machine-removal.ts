import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { retryOnConflict } from './conflict.js';
import { MachineHostsUnits, MachineInUse, MachineNotFound } from './errors.js';
import { type MachineState, readMachines } from './machines.js';
import { paths } from './paths.js';

/**
 * Forgets machines that host nothing and whose agents are down: all of them or none. An agent that comes up later
 * registers its machine anew.
 * @throws MachineNotFound, MachineInUse, MachineHostsUnits
 */
export async function removeMachines(coordinator: Coordinator, names: readonly string[]): Promise<void> {
  await retryOnConflict(`machines ${names.join(', ')}`, async () => {
    const machines = await readMachines(coordinator);
    const chosen = names.map((name) => choose(machines, name));
    const operations = await Promise.all(chosen.map(({ name }) => removeOperations(coordinator, name)));
    // A unit that is placed there meanwhile, or an agent that comes up, leaves a node that is not empty.
    await coordinator.transaction(operations.flat());
  });
}

function choose(machines: readonly MachineState[], name: string): MachineState {
  const machine = machines.find((each) => each.name === name);
  if (machine === undefined)
    throw new MachineNotFound(
      name,
      machines.map((each) => each.name),
    );
  if (machine.units.length > 0) throw new MachineHostsUnits(name, machine.units);
  if (machine.agent !== undefined) throw new MachineInUse(name, machine.machine.hostname, machine.agent.pid);
  return machine;
}

async function removeOperations(coordinator: Coordinator, name: string): Promise<readonly Operation[]> {
  const children = (await coordinator.children(paths.machine(name))) ?? [];
  const segments = await coordinator.children(paths.machineLogs(name));
  return [
    // Not the agent's: one that came up meanwhile must make this fail.
    ...children
      .filter((child) => child !== 'agent')
      .map((child): Operation => ({ kind: 'remove', path: `${paths.machine(name)}/${child}` })),
    { kind: 'remove', path: paths.machine(name) },
    ...(segments ?? []).map(
      (segment): Operation => ({ kind: 'remove', path: `${paths.machineLogs(name)}/${segment}` }),
    ),
    ...(segments === undefined ? [] : [{ kind: 'remove', path: paths.machineLogs(name) } as const]),
  ];
}
