import { readPresence } from '../../state/model/machines.js';
import type { AgentPresence } from '../../state/model/schemas.js';
import type { Invocation } from '../invocation.js';
import { agentCommand, type Session } from '../session.js';
import { AgentDown, UnitUnplaced } from './errors.js';

/** A machine whose agent is up. */
export interface AgentHost {
  readonly machine: string;
  readonly agent: AgentPresence;
}

/**
 * The agent that hosts a unit, for what is of use only while it is up.
 * @throws UnitUnplaced, AgentDown
 */
export async function requireAgent(
  { coordinator, environment }: Session,
  { globals }: Pick<Invocation, 'globals'>,
  unit: string,
  machine: string | null,
): Promise<AgentHost> {
  if (machine === null) throw new UnitUnplaced(unit, agentCommand(environment, globals, undefined));
  const agent = await readPresence(coordinator, machine);
  if (agent === undefined) throw new AgentDown(unit, machine, agentCommand(environment, globals, machine));
  return { machine, agent };
}
