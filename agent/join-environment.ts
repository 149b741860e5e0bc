import type { Coordinator } from '../state/coordination/coordinator.js';
import { wayBack } from '../state/model/absence.js';
import { openGate, openGates } from '../state/model/protection.js';
import { awaitCoordinator, connect } from './connect.js';
import { MachineOwned, MachineTaken, MachineTakenOver } from './contract/errors.js';
import type { EndLeftHooks } from './end-hooks.js';
import type { Endings } from './endings.js';
import { type HomeEnvironment, homeEnvironment } from './environment/home-environment.js';
import { choiceOf, ownCommand } from './environment/own-command.js';
import { gatherLogs, type LogGatherer } from './logs/gather-logs.js';
import { logSegmentsOf } from './logs/segments.js';
import { warnOfLeftMachines } from './left-on-this-host.js';
import type { OpenedMachine } from './open-machine.js';
import type { AgentOptions } from './options.js';
import { fencedCoordinator } from './tree/fenced-coordinator.js';
import { otherOwner } from './tree/other-owner.js';
import type { Ownership } from './tree/ownership.js';
import { type Registration, registerAgent } from './tree/presence.js';

/** An agent's place in its environment. */
export interface Joined {
  readonly home: HomeEnvironment;
  /** Takes no write once the machine is another agent's. */
  readonly coordinator: Coordinator;
  readonly ownership: Ownership;
  readonly logs: LogGatherer;
  /** Rejects when the state turns out to be one that the units do not belong to; never resolves. */
  readonly failed: Promise<never>;
  /** Whether the session, and so the agent's presence, stays for the next agent; until it is said, it does not. */
  keepSession(keep: boolean): void;
  /** Ends the session at once. */
  leave(): Promise<void>;
}

/**
 * Connects to the coordinator, sees that its state is the one of the machine's units, takes the machine, and announces it.
 * @param endLeftHooks ends the hooks of units that another agent has by now
 * @throws MachineTaken, MachineOwned, MachineTakenOver, NotBootstrapped, StateForeign, StateOlder, and what connecting throws
 */
export async function joinEnvironment(
  options: AgentOptions,
  opened: OpenedMachine,
  endLeftHooks: EndLeftHooks,
  ends: Endings,
): Promise<Joined> {
  const { environment, machine, log, clock } = options;
  const { directory, journalled, identity } = opened;
  let keepSession = false;
  const home = await openHome(options, opened);
  const failed = home.stranger.then((error) => {
    throw error;
  });
  failed.catch(() => undefined);
  // Not awaited before the coordinator is closed: a write may wait for one that is away.
  let gathered: Promise<void> | undefined;
  ends.add(() => gathered);
  const bare = await Promise.race([connect(options, directory, home, identity), failed]);
  ends.add(() => bare.close({ keepSession }));
  await Promise.race([awaitCoordinator(bare, options, directory, identity, home), failed]);
  const registering = register(bare, options, opened, endLeftHooks);
  const registration = await Promise.race([registering, failed]);
  let isStranger = false;
  void home.stranger.then(() => {
    isStranger = true;
  });
  ends.add(async () => {
    // Last of what is written. Not into a state that is another one.
    if (keepSession && !isStranger) await registration.leave();
    registration.close();
  });
  const { ownership } = registration;
  const coordinator = fencedCoordinator(bare, ownership, clock, home.isKeptOut);
  // Its writes wait once the machine is lost, and nobody hosts the units yet.
  let isSettled = false;
  const lostEarly = ownership.lost.then(async (error) => {
    if (isSettled) return;
    options.losing?.();
    await endLeftHooks(journalled.units);
    throw error;
  });
  lostEarly.catch(() => undefined);
  await Promise.race([home.settle(coordinator), failed, lostEarly]);
  isSettled = true;
  for (const path of await openGates(bare))
    log.warning(openGate(environment, path, `ensemble bootstrap -e ${environment.name}`));
  ends.add(() => home.close());
  const logs = gatherLogs(logSegmentsOf(coordinator, machine), directory.logMarks, {
    clock,
    log,
    secrets: environment.secret === undefined ? [] : [environment.secret],
  });
  ends.add(() => {
    gathered = logs.close();
  });
  return {
    home,
    coordinator,
    ownership,
    logs,
    failed,
    keepSession(keep) {
      keepSession = keep;
    },
    leave: () => bare.close(),
  };
}

function openHome(
  { environment, machine, takeOver, acceptState = false, clock, log }: AgentOptions,
  { directory, identity, journal, memory }: OpenedMachine,
): Promise<HomeEnvironment> {
  return homeEnvironment({
    environment: environment.name,
    state: environment.state,
    machine,
    agentId: identity.agentId,
    dataDirectory: directory.root,
    command: ownCommand(environment, machine, directory.root, takeOver === true),
    units() {
      const { units, damaged } = journal.load();
      return [...units, ...damaged].map(({ unit }) => unit);
    },
    // An operator who gave the word is not asked for it again.
    owner: async (get) => (takeOver === true ? undefined : otherOwner(get, identity, memory.known())),
    acceptState,
    clock,
    log,
  });
}

/** Ends what runs here, as the machine is another agent's. */
async function register(
  bare: Coordinator,
  options: AgentOptions,
  { identity, journalled, memory }: OpenedMachine,
  endLeftHooks: EndLeftHooks,
): Promise<Registration> {
  const { environment, machine, clock, random, log } = options;
  await warnOfLeftMachines(bare, identity, choiceOf(environment), log);
  try {
    return await registerAgent(bare, identity, {
      clock,
      random,
      log,
      memory,
      hosted: [...journalled.units, ...journalled.damaged].map(({ unit }) => unit),
      start: (found) => wayBack(machine, found, choiceOf(environment)),
      ...(options.takeOver !== undefined && { takeOver: options.takeOver }),
      ...(options.patience !== undefined && { patience: options.patience }),
      ...(options.breakable !== undefined && { breakable: options.breakable }),
    });
  } catch (error) {
    const isOthers =
      error instanceof MachineTakenOver ||
      ((error instanceof MachineOwned || error instanceof MachineTaken) && !error.isCopy);
    if (isOthers && memory.known().length > 0) {
      options.losing?.();
      await endLeftHooks(journalled.units);
    }
    throw error;
  }
}
