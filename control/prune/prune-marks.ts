import type { Coordinator, Node } from '../../state/coordination/coordinator.js';
import { NodeNotFound, VersionConflict } from '../../state/coordination/errors.js';
import { parseSound } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { markSchema } from '../../state/model/environment-schemas.js';
import { machineSchema } from '../../state/model/machine-schemas.js';

/**
 * The ids of the agents that raised their mark before `before`, an ISO instant, last, and have no machine any more: it
 * was removed, or another agent has it. What cannot be read is none of them.
 */
export async function forgottenMarks(coordinator: Coordinator, before: string): Promise<readonly string[]> {
  const agents = (await coordinator.children(paths.marks)) ?? [];
  const nodes = await coordinator.getMany(agents.map((agentId) => paths.mark(agentId)));
  const machines = new Set(await coordinator.children(paths.machines));
  const old = agents.map((agentId, index) => ({
    agentId,
    machine: machineOfOld(agentId, nodes[index], before),
  }));
  const forgotten = await Promise.all(
    old.map(async ({ agentId, machine }) => {
      if (machine === undefined) return false;
      return !machines.has(machine) || (await isOthers(coordinator, machine, agentId));
    }),
  );
  return agents.filter((_, index) => forgotten[index]);
}

/**
 * An agent that takes a machine meanwhile raises its mark afterwards, so it is this node no more, or is made again.
 * @returns false where it is none of `forgottenMarks` any more
 */
export async function removeMark(
  coordinator: Coordinator,
  agentId: string,
  before: string,
): Promise<boolean> {
  const path = paths.mark(agentId);
  const node = await coordinator.get(path);
  const machine = machineOfOld(agentId, node, before);
  if (node === undefined || machine === undefined) return false;
  try {
    await coordinator.remove(path, node.version);
    return true;
  } catch (error) {
    if (error instanceof VersionConflict || error instanceof NodeNotFound) return false;
    throw error;
  }
}

/** The machine that the agent had; undefined where its mark is not so old, or cannot be read. */
function machineOfOld(agentId: string, node: Node | undefined, before: string): string | undefined {
  const mark = parseSound(paths.mark(agentId), markSchema, node, [])?.value;
  return mark !== undefined && mark.at < before ? mark.machine : undefined;
}

/** One whose owner is not known may be this agent's. */
async function isOthers(coordinator: Coordinator, machine: string, agentId: string): Promise<boolean> {
  const path = paths.machine(machine);
  const owner = parseSound(path, machineSchema, await coordinator.get(path), [])?.value.owner;
  return owner !== undefined && owner.agentId !== agentId;
}
