import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { type AgentPresence, machineSchema } from '../../state/model/machine-schemas.js';
import { type Clock, systemClock } from '../../state/platform/clock.js';
import { DataDirectoryForbidden, NotOnMachine } from './errors.js';
import type { AgentHost } from '../../control/run/require-agent.js';

/** Milliseconds for which an agent is waited for that took the call and says nothing. */
const PATIENCE = 5_000;

/**
 * The sockets of an agent that runs on this very machine, which it tells itself: on another one, nobody answers at that
 * place, or somebody else.
 * @throws NotOnMachine, DataDirectoryForbidden
 */
export async function requireHere(
  coordinator: Coordinator,
  unit: string,
  { machine, agent }: AgentHost,
  clock: Clock = systemClock,
): Promise<NonNullable<AgentPresence['sockets']>> {
  const { sockets, agentId } = agent;
  if (sockets !== undefined && (await answers(sockets.agent, agentId, clock))) return sockets;
  const node = await readEntity(coordinator, paths.machine(machine), machineSchema);
  throw new NotOnMachine({ unit, machine, hostname: node?.value.hostname ?? '?' });
}

/** True if this agent is at the other end of a socket; one that is suspended says nothing, but holds it. */
function answers(path: string, agentId: string | undefined, clock: Clock): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let said = '';
    const late = clock.after(PATIENCE, () => socket.destroy());
    socket.setEncoding('utf8');
    socket.once('connect', () =>
      socket.write(
        `${JSON.stringify({ version: 1, client: '-', tool: 'ensemble-agent', arguments: [], directory: '/' })}\n`,
      ),
    );
    socket.on('data', (text: string) => {
      said += text;
    });
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      late.cancel();
      if (cause.code === 'EACCES')
        reject(new DataDirectoryForbidden({ directory: dirname(path) }, { cause }));
      else resolve(false);
    });
    socket.once('close', () => {
      late.cancel();
      // A line that announces how long it is, and then what was asked for.
      const about = said.split('\n')[1];
      resolve(about === undefined || isOf(about, agentId));
    });
  });
}

/** An agent that has just started does not know its id yet. */
function isOf(about: string, agentId: string | undefined): boolean {
  try {
    const { agentId: own } = JSON.parse(about) as { readonly agentId?: unknown };
    return own === undefined || own === agentId;
  } catch {
    return false;
  }
}
