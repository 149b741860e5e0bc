import { readClosedMachines } from '../cordon.js';
import { readPresence } from '../../state/model/machines.js';
import type { AgentPresence } from '../../state/model/machine-schemas.js';
import type { Session } from '../session.js';
import { agentCommand, readStartAdvice } from '../start-advice.js';
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
  session: Pick<Session, 'choice' | 'coordinator'>,
  unit: string,
  machine: string | null,
): Promise<AgentHost> {
  if (machine === null) {
    const closed = await readClosedMachines(session.coordinator);
    throw new UnitUnplaced({ unit, start: agentCommand(session), closed });
  }
  const agent = await readPresence(session.coordinator, machine);
  if (agent === undefined) {
    const start = await readStartAdvice(session, [machine]);
    const isKnown = start.absence(machine).kind !== 'down';
    throw new AgentDown({
      unit,
      machine,
      start: start(machine),
      absence: isKnown ? start.why(machine) : undefined,
    });
  }
  return { machine, agent };
}
