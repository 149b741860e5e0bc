import type { MachinePlace } from '../../state/model/machine-owner.js';
import type { Machine } from '../../state/model/schemas.js';
import { MachineOwned, MachineTaken, MachineTakenOver } from '../contract/errors.js';
import type { Identity } from './ownership.js';

/**
 * Whether this agent may have a machine without an operator's word. It may where nobody has it; where it is its own; and
 * where it is another's that is not up and hosts nothing, of which nothing can be lost.
 *
 * Its own it is by the agent's id *and* by the last claim: a copy of the data directory has the id too, and whichever ran
 * last knows what the units did.
 * @param known the claims that this data directory had
 * @param hosted the units of its journal
 * @param start how the owner's agent is started
 * @throws MachineTaken, MachineOwned; MachineTakenOver where it is its own, and an agent that lives is taking it over
 */
export function requireOwnable(
  { machine, owner, presence, taking, units = [] }: MachinePlace,
  { machine: name, agentId, dataDirectory, place }: Identity,
  {
    known,
    hosted,
    start,
  }: {
    readonly known: readonly string[];
    readonly hosted: readonly string[];
    readonly start: (machine: Machine | undefined) => string;
  },
): void {
  if (presence !== undefined && presence.agentId !== agentId)
    throw new MachineTaken(
      name,
      { hostname: machine?.hostname, ...presence },
      { isCopy: false, dataDirectory },
    );
  const taker = taking?.agentId === agentId && taking.place === place ? undefined : taking;
  const isOwn = owner?.agentId === agentId;
  if (owner !== undefined) {
    const isLast = known.length === 0 || known.includes(owner.claim);
    if (isOwn ? !isLast : units.length > 0) {
      const wasHere = known.includes(owner.former ?? '') || units.some((unit) => hosted.includes(unit));
      const here = isOwn
        ? known.includes(owner.former ?? '')
          ? 'former'
          : 'older'
        : wasHere
          ? 'former'
          : 'new';
      throw new MachineOwned(name, owner, {
        units,
        isCopy: isOwn,
        here,
        dataDirectory,
        start: start(machine),
      });
    }
  }
  if (taker === undefined) return;
  if (isOwn) throw new MachineTakenOver(name, taker, true);
  throw new MachineTaken(name, taker, { isCopy: taker.agentId === agentId, dataDirectory });
}
