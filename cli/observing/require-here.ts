import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { machineSchema } from '../../state/model/schemas.js';
import { DataDirectoryForbidden, NotOnMachine } from './errors.js';
import type { AgentHost } from './require-agent.js';

/**
 * The data directory of an agent that runs on this very machine. What tells is its claim: a file of this name that
 * names the agent's process. A directory of the same name elsewhere has another one's, or none.
 * @throws NotOnMachine, DataDirectoryForbidden
 */
export async function requireHere(
  coordinator: Coordinator,
  unit: string,
  { machine, agent }: AgentHost,
): Promise<string> {
  const { dataDirectory, pid } = agent;
  const claim = dataDirectory && (await readClaim(dataDirectory));
  if (dataDirectory !== undefined && claim?.split(' ', 1)[0] === String(pid) && runs(pid))
    return dataDirectory;
  const node = await readEntity(coordinator, paths.machine(machine), machineSchema);
  throw new NotOnMachine({ unit, machine, hostname: node?.value.hostname ?? '?' });
}

async function readClaim(directory: string): Promise<string | undefined> {
  try {
    return await readFile(join(directory, 'agent.pid'), 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'EACCES') throw new DataDirectoryForbidden({ directory }, { cause });
    return undefined;
  }
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
