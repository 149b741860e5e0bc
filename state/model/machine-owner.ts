import { randomBytes } from 'node:crypto';
import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { nodeValue, type Problem, parseSound } from './entity.js';
import { isPresence, LASTING } from './machines.js';
import { CLAIM, paths, unitOfNode } from './paths.js';
import {
  type AgentPresence,
  agentSchema,
  type Machine,
  type MachineOwner,
  machineSchema,
} from './schemas.js';

/** A machine's nodes as an agent finds them that wants the machine; whatever others may have written there. */
export interface MachinePlace {
  /** Undefined where the machine is not registered. */
  readonly version: number | undefined;
  /** Undefined too where the node cannot be read. */
  readonly machine: Machine | undefined;
  readonly owner: MachineOwner | undefined;
  /** Of an agent that is up; undefined also where the node is there and is none's. */
  readonly presence: Partial<AgentPresence> | undefined;
  /** Undefined where the node that names them is missing. */
  readonly units: readonly string[] | undefined;
  /** The paths of the claims that stand; more than one only by somebody else's hand. */
  readonly claims: readonly string[];
  /** Nodes that no agent wrote. */
  readonly problems: readonly Problem[];
}

export async function readMachinePlace(coordinator: Coordinator, name: string): Promise<MachinePlace> {
  const [path, presencePath] = [paths.machine(name), paths.agent(name)];
  const [node, presence, units, children] = await Promise.all([
    coordinator.get(path),
    coordinator.get(presencePath),
    coordinator.children(paths.machineUnits(name)),
    coordinator.children(path),
  ]);
  const problems: Problem[] = [];
  const machine = parseSound(path, machineSchema, node, problems)?.value;
  const agent = parseSound(presencePath, agentSchema, presence, problems)?.value;
  const isUp = isPresence(presence);
  if (presence !== undefined && !isUp && agent !== undefined)
    problems.push({ path: presencePath, reason: LASTING });
  return {
    version: node?.version,
    machine,
    owner: machine?.owner,
    presence: isUp ? (agent ?? {}) : undefined,
    units: units?.map(unitOfNode),
    claims: (children ?? []).filter((child) => child.startsWith(CLAIM)).map((child) => `${path}/${child}`),
    problems,
  };
}

/** A claim that nobody ever had. */
export function newClaim(): string {
  return randomBytes(6).toString('hex');
}

/**
 * What makes `owner` the machine's, in the place of whoever had it; registers the machine where it is not. By version:
 * of two at once one gets it. What others wrote into the machine's node stays there, as far as it can be read.
 */
export function takeMachineOperations(
  name: string,
  { version, machine, units, claims }: MachinePlace,
  description: Machine,
  owner: MachineOwner,
): readonly Operation[] {
  const path = paths.machine(name);
  const value = nodeValue({ ...machine, ...description, owner });
  return [
    version === undefined ? { kind: 'create', path, value } : { kind: 'set', path, value, version },
    ...(units === undefined
      ? [{ kind: 'create', path: paths.machineUnits(name), value: '{}' } as const]
      : []),
    ...claims.map((claim): Operation => ({ kind: 'remove', path: claim })),
    { kind: 'create', path: paths.machineClaim(name, owner.claim), value: '{}' },
  ];
}
