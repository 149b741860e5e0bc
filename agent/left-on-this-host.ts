import type { Coordinator } from '../state/coordination/coordinator.js';
import { wayBack } from '../state/model/absence.js';
import { readMachines } from '../state/model/machines.js';
import { paths } from '../state/model/paths.js';
import type { Log } from './contract/log.js';
import { agentIdIn } from './identify.js';
import type { Identity } from './tree/identity.js';

/**
 * Warns of machines whose units would have no agent because this one becomes a new machine on their host: an agent that is
 * started after its environment was moved, or its home, has another name or another directory than before, and nothing of
 * its units. Nothing is told where the machine is registered, as it was told then; and nothing is decided, since a host
 * may be several machines. What cannot be found out keeps no agent from its start.
 * @param choice the options, with a space in front, by which an agent goes to the environment
 */
export async function warnOfLeftMachines(
  coordinator: Coordinator,
  { machine, dataDirectory }: Pick<Identity, 'machine' | 'dataDirectory'>,
  choice: string,
  log: Log,
): Promise<void> {
  if ((await coordinator.get(paths.machine(machine))) !== undefined) return;
  for (const { name, machine: node, agent, units } of await readMachines(coordinator)) {
    const { owner } = node;
    if (owner === undefined || agent !== undefined || units.length === 0) continue;
    const isHere =
      owner.dataDirectory === dataDirectory || (await agentIdIn(owner.dataDirectory)) === owner.agentId;
    if (!isHere) continue;
    const hosts = `${units.length} unit${units.length === 1 ? '' : 's'}`;
    log.warning(
      `machine ${machine} is new, and has no units; ${owner.dataDirectory} on this host is machine ${name}, which hosts ${hosts} ` +
        'and has no agent',
      { next: `to go on as ${name}, stop this one and ${wayBack(name, node, choice)}` },
    );
  }
}
