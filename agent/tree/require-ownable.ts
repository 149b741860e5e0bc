import type { MachinePlace } from '../../state/model/machine-owner.js';
import type { Machine, MachineOwner } from '../../state/model/machine-schemas.js';
import { MachineOwned, MachineTaken, MachineTakenOver } from '../contract/errors.js';
import type { Identity } from './identity.js';

/**
 * Checks that this agent may have a machine without an operator's word. It may if nobody has it; if it is its own;
 * and if it is another's that is not up and hosts nothing, so that nothing can be lost.
 *
 * It is its own by the agent's id *and* by the last claim: a copy of the data directory has the id too, and the one
 * that ran last knows what the units did.
 * @param known the claims that this data directory had
 * @param hosted the units of its journal
 * @param start how the owner's agent is started
 * @throws MachineTaken, MachineOwned; MachineTakenOver if it is its own, and an agent that lives is taking it over
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
    throw new MachineTaken({
      machine: name,
      pid: presence.pid,
      hostname: presence.hostname ?? machine?.hostname ?? '?',
      dataDirectory: presence.dataDirectory,
      isCopy: false,
      ownDirectory: dataDirectory,
    });
  const taker = taking?.agentId === agentId && taking.place === place ? undefined : taking;
  const isOwn = owner?.agentId === agentId;
  if (owner !== undefined) {
    const isLast = known.length === 0 || known.includes(owner.claim);
    if (isOwn ? !isLast : units.length > 0) {
      const { former = '', formers = [former] } = owner;
      const isFormer = formers.some((claim) => known.includes(claim));
      const wasHere = isFormer || units.some((unit) => hosted.includes(unit));
      const here = isOwn ? (isFormer ? 'former' : 'older') : wasHere ? 'former' : 'new';
      throw new MachineOwned({
        machine: name,
        hostname: owner.hostname,
        dataDirectory: owner.dataDirectory,
        since: owner.since,
        units,
        isCopy: isOwn,
        here,
        ownDirectory: dataDirectory,
        start: start(machine),
      });
    }
  }
  if (taker === undefined) return;
  const their = { machine: name, hostname: taker.hostname, dataDirectory: taker.dataDirectory };
  if (isOwn) throw new MachineTakenOver({ ...their, since: taker.since, isUnderWay: true });
  throw new MachineTaken({ ...their, isCopy: taker.agentId === agentId, ownDirectory: dataDirectory });
}

/**
 * The agent that has taken the machine from this one; undefined where the machine is this agent's, or nobody's.
 * @param isOwn whether this process wrote a claim
 */
export function takenOverBy(
  { machine, owner, presence, taking }: MachinePlace,
  { machine: name, agentId }: Pick<Identity, 'machine' | 'agentId'>,
  isOwn: (claim: string) => boolean,
): MachineTakenOver | undefined {
  if (taking !== undefined && !isOwn(taking.claim))
    return new MachineTakenOver({ machine: name, ...whose(taking), isUnderWay: true });
  if (owner !== undefined)
    return isOwn(owner.claim)
      ? undefined
      : new MachineTakenOver({ machine: name, ...whose(owner), isUnderWay: false });
  if (presence === undefined || presence.agentId === agentId) return undefined;
  // An agent of a release that leaves no owner.
  const { hostname = machine?.hostname ?? '?', dataDirectory = '?', since = '?' } = presence;
  return new MachineTakenOver({ machine: name, hostname, dataDirectory, since, isUnderWay: false });
}

/** The words of an error about an owner. */
function whose({
  hostname,
  dataDirectory,
  since,
}: MachineOwner): Pick<MachineOwner, 'hostname' | 'dataDirectory' | 'since'> {
  return { hostname, dataDirectory, since };
}
