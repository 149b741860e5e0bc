import { type Absence, absenceOf } from './absence.js';
import type { Coordinator, Node } from '../coordination/coordinator.js';
import { type Problem, parseSound } from './entity.js';
import { MachineNotFound } from './errors.js';
import { paths, unitOfNode } from './paths.js';
import { type AgentPresence, type Machine, agentSchema, machineSchema } from './machine-schemas.js';

/** A registered machine: who it is, whether its agent is up, which units it hosts. */
export interface MachineState {
  readonly name: string;
  readonly machine: Machine;
  /** Undefined while no agent is up. */
  readonly agent: AgentPresence | undefined;
  /** Why none is up. */
  readonly absence?: Absence;
  readonly units: readonly string[];
  /** The node's version: placements rest on it. */
  readonly version: number;
  /** Its nodes cannot be read, or no agent wrote them: nothing is placed there. */
  readonly isDamaged?: boolean;
}

/**
 * All registered machines, sorted by name. Reads are pipelined.
 * @param problems gets the nodes that cannot be read
 */
export async function readMachines(
  coordinator: Coordinator,
  problems: Problem[] = [],
): Promise<readonly MachineState[]> {
  const names = (await coordinator.children(paths.machines)) ?? [];
  const machines = await Promise.all(names.map((name) => readMachine(coordinator, name, problems)));
  return machines.filter((machine) => machine !== undefined);
}

/** The names of the machines whose agent is up. */
export async function readMachinesUp(coordinator: Coordinator): Promise<ReadonlySet<string>> {
  const names = (await coordinator.children(paths.machines)) ?? [];
  const agents = await coordinator.getMany(names.map(paths.agent));
  return new Set(names.filter((_, index) => isPresence(agents[index])));
}

/**
 * True if a node tells that an agent is up. A node that would outlive its agent tells nothing; an agent that stopped
 * says so in its node, as its session outlives it.
 */
export function isPresence(node: Node | undefined): boolean {
  return node?.ephemeral === true && stoppedAt(node) === undefined;
}

/** When the agent of this presence stopped, as an ISO instant, where it did and said so. */
export function stoppedAt(node: Node | undefined): string | undefined {
  if (node === undefined || !node.ephemeral) return undefined;
  try {
    const found = agentSchema.safeParse(JSON.parse(node.value));
    return found.success ? found.data.stopped : undefined;
  } catch {
    return undefined;
  }
}

/** The agent of a machine, where one is up and says so legibly. */
export async function readPresence(
  coordinator: Coordinator,
  machine: string,
): Promise<AgentPresence | undefined> {
  const path = paths.agent(machine);
  const node = await coordinator.get(path);
  return isPresence(node) ? parseSound(path, agentSchema, node, [])?.value : undefined;
}

/** Why a presence is none, where anybody may have written it. */
export const LASTING = 'no agent wrote it: it would stay when an agent ends';

async function readMachine(
  coordinator: Coordinator,
  name: string,
  problems: Problem[],
): Promise<MachineState | undefined> {
  const damaged: Problem[] = [];
  const [path, presencePath, unitsPath] = [paths.machine(name), paths.agent(name), paths.machineUnits(name)];
  const [node, presence, units] = await Promise.all([
    coordinator.get(path),
    coordinator.get(presencePath),
    coordinator.children(unitsPath),
  ]);
  if (node === undefined) return undefined;
  const machine = parseSound(path, machineSchema, node, damaged);
  const isUp = isPresence(presence);
  const agent = isUp ? parseSound(presencePath, agentSchema, presence, damaged) : undefined;
  if (presence !== undefined && !presence.ephemeral) damaged.push({ path: presencePath, reason: LASTING });
  if (units === undefined) damaged.push({ path: unitsPath, reason: 'it is missing' });
  problems.push(...damaged);
  return {
    name,
    machine: machine?.value ?? { hostname: '?' },
    // Somebody is there, whoever it is.
    agent: isUp && agent === undefined ? { pid: 0, version: '?', since: '' } : agent?.value,
    ...(!isUp && { absence: absenceOf(machine?.value) }),
    units: (units ?? []).map(unitOfNode),
    version: node.version,
    ...(damaged.length > 0 && { isDamaged: true }),
  };
}

/** The error for a machine that is not registered. */
export async function machineNotFound(coordinator: Coordinator, name: string): Promise<MachineNotFound> {
  return new MachineNotFound({ machine: name, known: (await coordinator.children(paths.machines)) ?? [] });
}
