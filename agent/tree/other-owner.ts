import type { Node } from '../../state/coordination/coordinator.js';
import { parseSound } from '../../state/model/entity.js';
import { isPresence } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import { agentSchema, machineSchema } from '../../state/model/machine-schemas.js';
import type { OtherOwner } from '../contract/errors.js';
import type { Identity } from './identity.js';

/**
 * Who else has the machine in a tree of which single nodes can be read and nothing more: whom an agent would need
 * `--take-over` against. An owner that hosts nothing is named as well, as its units are not read.
 * @param known the claims that this data directory had
 */
export async function otherOwner(
  get: (path: string) => Promise<Node | undefined>,
  { machine, agentId, place }: Pick<Identity, 'machine' | 'agentId' | 'place'>,
  known: readonly string[],
): Promise<OtherOwner | undefined> {
  const [path, presencePath] = [paths.machine(machine), paths.agent(machine)];
  const [node, presence] = await Promise.all([get(path), get(presencePath)]);
  const found = parseSound(path, machineSchema, node, [])?.value;
  const agent = isPresence(presence) ? parseSound(presencePath, agentSchema, presence, [])?.value : undefined;
  if (agent !== undefined && (agent.agentId !== agentId || (agent.place ?? place) !== place)) {
    const { hostname = found?.hostname ?? '?', dataDirectory = '?' } = agent;
    return { hostname, dataDirectory };
  }
  const owner = found?.owner;
  const isOwn = owner?.agentId === agentId && (known.length === 0 || known.includes(owner.claim));
  return isOwn ? undefined : owner;
}
