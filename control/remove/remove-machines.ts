import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { parseSound } from '../../state/model/entity.js';
import { MachineHostsUnits, MachineInUse, MachineNotFound } from '../../state/model/errors.js';
import { recordEnvironmentOperations } from '../../state/model/history.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { isPresence, type MachineState, readMachines } from '../../state/model/machines.js';
import { paths, serviceOfUnit } from '../../state/model/paths.js';
import type { Requester } from '../../state/model/requester.js';
import type { AgentPresence, Machine } from '../../state/model/machine-schemas.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import { stopAdvice } from '../../state/model/start-advice.js';
import { bootId } from '../../state/platform/boot.js';
import { namesOf } from '../names-of.js';
import { forceOut } from './force-out.js';

/** The losses that came with machines that were lost. */
export interface LostWith {
  readonly units: readonly string[];
  /** The number of units that each service is short of now; subordinates come with the units they are beside. */
  readonly missing: Readonly<Record<string, number>>;
}

/**
 * Forgets machines that are lost for good, with the units that they host, no hook of which runs. An agent that comes
 * back all the same stops them.
 * @throws MachineNotFound, MachineInUse, before anything is removed
 */
export async function removeLostMachines(
  coordinator: Coordinator,
  names: readonly string[],
  requester: Requester,
): Promise<LostWith> {
  const lost = await lostMachines(coordinator, names);
  const units = lost.flatMap((machine) => machine.units);
  await forceOut(coordinator, units, requester, (of) =>
    requestEntry(requester, { what: 'remove-machine', message: `${namesOf(names)}, with ${namesOf(of)}` }),
  );
  await removeMachines(coordinator, names, requester);
  return { units, missing: await missingOf(coordinator, units) };
}

async function missingOf(
  coordinator: Coordinator,
  units: readonly string[],
): Promise<Readonly<Record<string, number>>> {
  const services = [...new Set(units.map(serviceOfUnit))];
  const nodes = await coordinator.getMany(services.map(paths.service));
  const counts = services.flatMap((service, index): readonly [string, number][] => {
    const now = parseSound(paths.service(service), serviceSchema, nodes[index], [])?.value;
    if (now === undefined || now.destroying === true || now.subordinate === true) return [];
    return [[service, units.filter((unit) => serviceOfUnit(unit) === service).length]];
  });
  return Object.fromEntries(counts);
}

/** The machines of these names, none of which has an agent that is up. @throws MachineNotFound, MachineInUse */
export async function lostMachines(
  coordinator: Coordinator,
  names: readonly string[],
): Promise<readonly MachineState[]> {
  const machines = await readMachines(coordinator);
  return names.map((name) => requireDown(find(machines, name)));
}

/**
 * Forgets machines that host nothing and whose agents are down: all of them or none. An agent that comes up later
 * registers its machine anew.
 * @param requester who is on record for it
 * @throws MachineNotFound, MachineInUse, MachineHostsUnits
 */
export async function removeMachines(
  coordinator: Coordinator,
  names: readonly string[],
  requester?: Requester,
): Promise<void> {
  const asked = requester && requestEntry(requester, { what: 'remove-machine', message: namesOf(names) });
  await retryOnConflict(`machines ${names.join(', ')}`, async () => {
    const machines = await readMachines(coordinator);
    const chosen = names.map((name) => choose(machines, name));
    const operations = await Promise.all(chosen.map(({ name }) => removeOperations(coordinator, name)));
    // A unit that is placed there meanwhile, or an agent that comes up, leaves a node that is not empty.
    await coordinator.transaction([
      ...operations.flat(),
      ...(await recordEnvironmentOperations(coordinator, asked)),
    ]);
  });
}

function choose(machines: readonly MachineState[], name: string): MachineState {
  const machine = find(machines, name);
  const { units, agent } = machine;
  if (units.length > 0) throw new MachineHostsUnits({ machine: name, units, up: agent !== undefined });
  return requireDown(machine);
}

function requireDown(machine: MachineState): MachineState {
  const { name, agent } = machine;
  if (agent !== undefined) throw inUse(name, machine.machine, agent);
  return machine;
}

/** A process is named to be ended only where it is one of this very machine, in this boot, and lives. */
function inUse(
  name: string,
  machine: Machine,
  { pid, boot, hostname = machine.hostname }: AgentPresence,
): MachineInUse {
  const isHere = boot !== undefined && boot === hereBoot();
  const isGone = isHere && !lives(pid);
  const stop = isHere && machine.service === undefined ? `: kill ${pid}` : `, ${stopAdvice(machine)}`;
  return new MachineInUse({ machine: name, hostname, pid, stop, isGone });
}

function hereBoot(): string | undefined {
  try {
    return bootId();
  } catch {
    // No agent runs on such a system.
    return undefined;
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function find(machines: readonly MachineState[], name: string): MachineState {
  const machine = machines.find((each) => each.name === name);
  if (machine === undefined)
    throw new MachineNotFound({ machine: name, known: machines.map((each) => each.name) });
  return machine;
}

async function removeOperations(coordinator: Coordinator, name: string): Promise<readonly Operation[]> {
  const children = (await coordinator.children(paths.machine(name))) ?? [];
  const up = isPresence(await coordinator.get(paths.agent(name)));
  const segments = await coordinator.children(paths.machineLogs(name));
  return [
    // Not an agent's that came up meanwhile: that must make this fail.
    ...children
      .filter((child) => child !== 'agent' || !up)
      .map((child): Operation => ({ kind: 'remove', path: `${paths.machine(name)}/${child}` })),
    { kind: 'remove', path: paths.machine(name) },
    ...(segments ?? []).map(
      (segment): Operation => ({ kind: 'remove', path: `${paths.machineLogs(name)}/${segment}` }),
    ),
    ...(segments === undefined ? [] : [{ kind: 'remove', path: paths.machineLogs(name) } as const]),
  ];
}
