import { bootId } from '../state/platform/boot.js';
import { formatBytes } from '../state/platform/format-bytes.js';
import type { MachineTakenOver } from './contract/errors.js';
import { KILL_DELAY } from './contract/kill-delay.js';
import { type DiskUse, keepHouse } from './disk/housekeeping.js';
import { roomRemark } from './disk/room-remark.js';
import { type EndLeftHooks, endLeftHooks } from './end-hooks.js';
import { Endings } from './endings.js';
import { hostUnits, type MachineUnits, neededBundles } from './hosting/machine-units.js';
import { addressFacts } from './identify.js';
import { type Joined, joinEnvironment } from './join-environment.js';
import { leadRollouts } from './leader/lead-rollouts.js';
import { type MadeParts, makeParts } from './make-parts.js';
import { openMachine, type OpenedMachine } from './open-machine.js';
import type { AgentOptions } from './options.js';
import { answerKeptRequests } from './tree/answer-kept-requests.js';
import { placeUnplaced } from './tree/placement.js';

export interface RunningAgent {
  /**
   * Stops the agent; units, hooks and the coordinator session stay for the next one. Once another agent has the machine,
   * and however often it is called, it resolves when everything has ended, the hooks too.
   */
  stop(): Promise<void>;
  /** Resolves with why the agent must not go on: the state is not the one that its units belong to any more. */
  readonly failure: Promise<Error>;
  /**
   * Resolves when another agent has the machine, and this one has ended its hooks and let go of everything; open for
   * ever otherwise.
   */
  readonly lost: Promise<MachineTakenOver>;
}

/**
 * Starts the agent of a machine: one process that hosts all its units.
 *
 * The order matters. The data directory is claimed first, so that no second agent reads the journal. The machine is
 * announced before a unit is touched, since that is when another agent of its name is found out. The socket stands
 * before the coordinator answers, so that tools of running hooks wait with the agent; they are answered when the
 * contexts of all adopted hooks stand, since a tool of an unknown hook is refused.
 *
 * The session is kept for the next agent, except where this one could not start, or lost its machine: then nobody is
 * here.
 * @throws PerlMissing, DataDirectoryInUse, DirectoryOfOtherMachine, JournalTooNew, MachineTaken, MachineOwned, NotBootstrapped,
 *   StateForeign, StateOlder, and what the parts throw
 */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { environment, machine, log, clock, boot = bootId(), hookKillDelay = KILL_DELAY } = options;
  const ends = new Endings();
  try {
    const opened = await openMachine(options, ends);
    const { directory, journalled } = opened;
    const endHooks: EndLeftHooks = (units) =>
      endLeftHooks(units, directory, { boot, killDelay: hookKillDelay, clock, log });
    const joined = await joinEnvironment(options, opened, endHooks, ends);
    const made = makeParts(options, opened, joined, { boot, hookKillDelay }, ends);
    const { parts, describeAs } = made;
    ends.add(
      parts.addresses.subscribe(() =>
        describeAs(() => addressFacts(parts.addresses), 'the change of the address cannot be told'),
      ),
    );
    const units = await Promise.race([hostUnits(parts, journalled), joined.failed]);
    ends.add(() => units.stop());
    opened.hosted();
    doForAll(opened, made, ends);
    keepOrder(units, made, ends);
    joined.keepSession(true);
    const leaving = giveUpWhenLost(options, joined, made, units, endHooks, ends);
    log.info(`machine ${machine} is up`, { environment: environment.name, units: journalled.units.length });
    return { ...leaving, failure: joined.home.stranger };
  } catch (error) {
    await ends.end();
    throw error;
  }
}

/** What any one agent does for the whole environment. */
function doForAll({ identity }: OpenedMachine, { parts }: MadeParts, ends: Endings): void {
  const { coordinator, machine, clock, random, log } = parts;
  const placement = placeUnplaced(coordinator, { machine, clock, random, log });
  ends.add(() => placement.close());
  const leading = leadRollouts({ coordinator, agentId: identity.agentId, clock, random, log });
  ends.add(() => leading.close());
}

/** Keeps the disk of the machine in order, and answers who asks what is kept of removed units. */
function keepOrder(units: MachineUnits, { parts, prefetch, describeAs }: MadeParts, ends: Endings): void {
  const { coordinator, directory, kept, leftovers, machine, staging, clock, random, log } = parts;
  const told = (disk: DiskUse): void => {
    log.info('disk', { ...disk });
    const held = kept.summary();
    if (held.bytes > disk.free)
      log.warning(`${formatBytes(disk.free)} are free on the disk, and ${roomRemark(machine, held)}`);
    describeAs(() => ({ disk: { ...disk } }), 'the use of the disk cannot be told');
  };
  const needed = (): ReadonlySet<string> => new Set([...neededBundles(units), ...prefetch.needed()]);
  ends.add(keepHouse(directory, needed, { clock, log, leftovers, staging, told }));
  void kept.look();
  const answers = answerKeptRequests(coordinator, machine, kept, { clock, random, log });
  ends.add(() => answers.close());
}

/** Ends the hooks and then everything else once another agent has the machine; until then the agent can be stopped. */
function giveUpWhenLost(
  { losing: tellLosing, log }: AgentOptions,
  { keepSession, leave, ownership }: Joined,
  { parts: { gate, journal } }: MadeParts,
  units: MachineUnits,
  endHooks: EndLeftHooks,
  ends: Endings,
): Pick<RunningAgent, 'lost' | 'stop'> {
  let losing: Promise<void> | undefined;
  const lose = async (): Promise<void> => {
    tellLosing?.();
    keepSession(false);
    // First: the other agent waits for this one's presence to go, and then runs hooks of the same units.
    const left = journal.load().units.filter(({ unit }) => !units.units.has(unit));
    await Promise.all([units.abandon(gate), endHooks(left)]);
    // Before all else ends: what that would still write is the other agent's by now.
    await leave();
    await ends.end();
  };
  const lost = ownership.lost.then(async (error) => {
    log.error(error.message, { next: error.next });
    losing = lose();
    await losing;
    return error;
  });
  return {
    lost,
    async stop() {
      // Which would leave running the hooks that are to end.
      if (losing === undefined) await ends.end();
      await losing;
    },
  };
}
