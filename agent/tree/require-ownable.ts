import type { MachinePlace } from '../../state/model/machine-owner.js';
import type { Machine } from '../../state/model/schemas.js';
import { MachineOwned, MachineTaken } from '../errors.js';
import type { Identity } from './ownership.js';

/**
 * Whether this agent may have a machine without an operator's word. It may where nobody has it; where it is its own; and
 * where it is another's that is not up and hosts nothing, of which nothing can be lost.
 *
 * Its own it is by the agent's id *and* by the last claim: a copy of the data directory has the id too, and whichever ran
 * last knows what the units did.
 * @param known the claims that this data directory had
 * @param start how the owner's agent is started
 * @throws MachineTaken, MachineOwned
 */
export function requireOwnable(
  { machine, owner, presence, units = [] }: MachinePlace,
  { machine: name, agentId, dataDirectory }: Identity,
  known: readonly string[],
  start: (machine: Machine | undefined) => string,
): void {
  if (presence !== undefined && presence.agentId !== agentId)
    throw new MachineTaken(
      name,
      { hostname: machine?.hostname, ...presence },
      { isCopy: false, dataDirectory },
    );
  if (owner === undefined) return;
  const isOwn = owner.agentId === agentId;
  const isLast = known.length === 0 || known.includes(owner.claim);
  if (isOwn ? isLast : units.length === 0) return;
  throw new MachineOwned(name, owner, { units, isCopy: isOwn, dataDirectory, start: start(machine) });
}
