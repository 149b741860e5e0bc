import { randomBytes } from 'node:crypto';
import type { Coordinator, Operation } from '../coordination/coordinator.js';
import { nodeValue, type Problem, parseSound } from './entity.js';
import { isPresence, LASTING } from './machines.js';
import { CLAIM, paths, unitOfNode } from './paths.js';
import {
  type AgentPresence,
  type Machine,
  type MachineOwner,
  type Taking,
  agentSchema,
  machineSchema,
  takingSchema,
} from './machine-schemas.js';

/** A machine's nodes as an agent finds them that wants the machine; whatever others may have written there. */
export interface MachinePlace {
  /** Undefined where the machine is not registered. */
  readonly version: number | undefined;
  /** Undefined too where the node cannot be read. */
  readonly machine: Machine | undefined;
  readonly owner: MachineOwner | undefined;
  /** The presence of an agent that is up; also undefined if the node is there and is nobody's. */
  readonly presence: Partial<AgentPresence> | undefined;
  /** The agent that takes the machine over, as long as it lives and waits. */
  readonly taking: Taking | undefined;
  /** True if a node stands in that one's place, whoever wrote it. */
  readonly isTakingThere: boolean;
  /** Undefined where the node that names them is missing. */
  readonly units: readonly string[] | undefined;
  /** The paths of the claims that stand; more than one only by somebody else's hand. */
  readonly claims: readonly string[];
  /** Nodes that no agent wrote. */
  readonly problems: readonly Problem[];
}

export async function readMachinePlace(coordinator: Coordinator, name: string): Promise<MachinePlace> {
  const [path, presencePath, takingPath] = [paths.machine(name), paths.agent(name), paths.taking(name)];
  const [node, presence, taking, units, children] = await Promise.all([
    coordinator.get(path),
    coordinator.get(presencePath),
    coordinator.get(takingPath),
    coordinator.children(paths.machineUnits(name)),
    coordinator.children(path),
  ]);
  const problems: Problem[] = [];
  const machine = parseSound(path, machineSchema, node, problems)?.value;
  const agent = parseSound(presencePath, agentSchema, presence, problems)?.value;
  const isUp = isPresence(presence);
  if (presence !== undefined && !presence.ephemeral && agent !== undefined)
    problems.push({ path: presencePath, reason: LASTING });
  return {
    version: node?.version,
    machine,
    owner: machine?.owner,
    presence: isUp ? (agent ?? {}) : undefined,
    // A node that would outlive its agent is nobody's.
    taking: taking?.ephemeral === true ? parseSound(takingPath, takingSchema, taking, [])?.value : undefined,
    isTakingThere: taking !== undefined,
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
 * Makes `owner` the owner of the machine, in the place of an earlier one; registers the machine if it is not. It goes
 * by version: of two at once, one gets it. Fields that others wrote into the machine's node stay there, as far as it
 * can be read.
 */
export function takeMachineOperations(
  name: string,
  place: MachinePlace,
  description: Machine,
  owner: MachineOwner,
): readonly Operation[] {
  const { version, machine } = place;
  const path = paths.machine(name);
  const value = nodeValue({ ...machine, stopped: undefined, ...description, owner });
  return [
    version === undefined ? { kind: 'create', path, value } : { kind: 'set', path, value, version },
    ...claimOperations(name, place, owner.claim),
  ];
}

/**
 * Makes the machine's agent end its work there, and leaves the machine its own: this removes the claim, by which it
 * writes, and the owner stays until `takeMachineOperations`. If the agent that takes it over ends before that,
 * nothing has changed hands.
 */
export function beginTakingOperations(
  name: string,
  place: MachinePlace,
  description: Machine,
  taking: Taking,
): readonly Operation[] {
  const { version } = place;
  const path = paths.machine(name);
  return [
    version === undefined
      ? { kind: 'create', path, value: nodeValue(description) }
      : { kind: 'check', path, version },
    ...claimOperations(name, place, taking.claim),
    { kind: 'create', path: paths.taking(name), value: nodeValue(taking), ephemeral: true },
  ];
}

/** Puts this claim in the place of all others, and nobody takes the machine over any more. */
function claimOperations(
  name: string,
  { units, claims, isTakingThere }: MachinePlace,
  claim: string,
): readonly Operation[] {
  const own = paths.machineClaim(name, claim);
  return [
    ...(units === undefined
      ? [{ kind: 'create', path: paths.machineUnits(name), value: '{}' } as const]
      : []),
    ...(isTakingThere ? [{ kind: 'remove', path: paths.taking(name) } as const] : []),
    ...claims.filter((path) => path !== own).map((path): Operation => ({ kind: 'remove', path })),
    claims.includes(own) ? { kind: 'check', path: own } : { kind: 'create', path: own, value: '{}' },
  ];
}
