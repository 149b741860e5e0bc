import type { Timer } from '../../state/platform/clock.js';
import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import { NodeNotFound } from '../../state/coordination/errors.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue, parseSound, readEntity } from '../../state/model/entity.js';
import { type MachinePlace, readMachinePlace } from '../../state/model/machine-owner.js';
import { isPresence, stoppedAt } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import {
  type AgentPresence,
  type Machine,
  type MachineOwner,
  agentSchema,
  machineSchema,
} from '../../state/model/machine-schemas.js';
import { findProcess } from '../../state/platform/process-stat.js';
import { KILL_DELAY } from '../contract/kill-delay.js';
import { MachineTaken, TakeOverBrokenOff } from '../contract/errors.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import { untilItWorks } from '../contract/retry.js';
import type { Identity } from './identity.js';
import { Ownership, type OwnershipParts } from './ownership.js';
import { requireOwnable } from './require-ownable.js';

/** Keeps the machine this agent's, and its presence standing. */
export interface Registration {
  readonly ownership: Ownership;
  /** Says that this agent stopped, for operators; does not take long, and never fails. */
  leave(): Promise<void>;
  close(): void;
}

/** Does work that its signal ends, as soon as an operator breaks it off. */
export type Breakable = <T>(work: (brokenOff: AbortSignal) => Promise<T>) => Promise<T>;

interface RegistrationOptions extends OwnershipParts {
  /** True if an operator wants the machine taken from its present owner. */
  readonly takeOver?: boolean;
  /** The units of this data directory's journal. */
  readonly hosted?: readonly string[];
  /** Does what an operator may break off; default: what nobody breaks off. */
  readonly breakable?: Breakable;
  /** The way to get the owner's agent to work again, for messages: `start it …`. */
  readonly start: (machine: Machine | undefined) => string;
  /** Milliseconds for which a presence is waited for that must vanish; default: more than a session outlives its agent. */
  readonly patience?: number;
}

/** A session outlives its agent by ten seconds, and so do its hooks: those of one that lost its machine end first. */
const PATIENCE = 10_000 + KILL_DELAY;

/**
 * Takes the machine and announces this agent's presence on it. An agent that was killed may have left its own presence
 * behind, which is replaced; one of another boot, or of a copy of its data directory, may live, and is waited for. While
 * it is up, a presence that vanishes is put back.
 * @throws MachineTaken where another agent is up; MachineOwned where another one has the machine, with units on it
 */
export async function registerAgent(
  coordinator: Coordinator,
  identity: Identity,
  options: RegistrationOptions,
): Promise<Registration> {
  const { machine } = identity;
  const { clock, random, log, memory, takeOver = false } = options;
  const ownership = new Ownership(coordinator, identity, { clock, random, log, memory });
  // It may be lost before it is had: another one may take it over, too.
  const lost = ownership.lost.then((error) => {
    throw error;
  });
  lost.catch(() => undefined);
  try {
    if (takeOver) await Promise.race([takeMachineOver(coordinator, identity, ownership, options), lost]);
    else await takeMachine(coordinator, identity, ownership, options);
  } catch (error) {
    ownership.close();
    throw error;
  }
  const presence = nodeValue({
    pid: process.pid,
    version: identity.version,
    since: new Date(clock.now()).toISOString(),
    agentId: identity.agentId,
    hostname: identity.description.hostname,
    dataDirectory: identity.dataDirectory,
    sockets: identity.sockets,
    boot: identity.boot,
    place: identity.place,
  });
  const put = (): Promise<void> =>
    retryOnConflict(
      `machine ${machine}`,
      () => announce(coordinator, identity, ownership, presence, options),
      { clock, random },
    );
  await Promise.race([put(), lost]).catch((error: unknown) => {
    ownership.close();
    throw error;
  });
  let stands = true;
  let atWork = false;
  const ended = new AbortController();
  const putBack = async (): Promise<void> => {
    if (atWork) return;
    atWork = true;
    while (!stands && !ended.signal.aborted) {
      stands = true;
      await untilItWorks(put, {
        clock,
        random,
        signal: ended.signal,
        mayHeal: () => true,
        failed: (error) => log.error(`machine ${machine} cannot be announced`, { error }),
      }).catch((error: unknown) => {
        if (!ended.signal.aborted) log.error(`machine ${machine} is not announced`, { error });
      });
    }
    atWork = false;
  };
  const observation = coordinator.observe(paths.agent(machine), (node) => {
    stands = node?.value === presence;
    void putBack();
  });
  return {
    ownership,
    async leave() {
      // A node that stands there from now on is not put back.
      observation.close();
      ended.abort();
      let late: Timer | undefined;
      await Promise.race([
        betweenFaults('leaving.tree', () => ownership.leave()).catch((error: unknown) =>
          log.debug('it cannot be said in the state that this agent stopped', { error }),
        ),
        new Promise<void>((resolve) => {
          late = clock.after(FAREWELL, resolve);
        }),
      ]);
      late?.cancel();
    },
    close() {
      observation.close();
      ended.abort();
      ownership.close();
    },
  };
}

/** Milliseconds that saying it stopped may hold up the agent's end: the coordinator may be away. */
const FAREWELL = 1_000;

/** Takes a machine that is this agent's, or nobody's. @throws MachineTaken, MachineOwned, MachineTakenOver */
async function takeMachine(
  coordinator: Coordinator,
  identity: Identity,
  ownership: Ownership,
  options: RegistrationOptions,
): Promise<void> {
  const { memory, hosted = [], start } = options;
  const found = await readMachinePlace(coordinator, identity.machine);
  if (found.presence?.agentId === identity.agentId) await outlast(coordinator, identity, found, options);
  await ownership.take((place) => requireOwnable(place, identity, { known: memory.known(), hosted, start }));
}

/**
 * Takes a machine from whoever has it. That one learns that it has lost its claim, ends its hooks, and takes its presence
 * away after that: none may be run here before. Only then the machine changes hands, so that whatever ends this agent
 * while it waits leaves the machine to its owner, whose data is the newer one.
 * @throws MachineTaken, TakeOverBrokenOff
 */
async function takeMachineOver(
  coordinator: Coordinator,
  identity: Identity,
  ownership: Ownership,
  options: RegistrationOptions,
): Promise<void> {
  const { machine } = identity;
  const { breakable = (work) => work(new AbortController().signal), start } = options;
  await breakable(async (brokenOff) => {
    await ownership.beginTaking();
    const found = await readMachinePlace(coordinator, machine);
    await outlast(coordinator, identity, found, options, brokenOff);
    if (brokenOff.aborted)
      throw new TakeOverBrokenOff({ machine, owner: found.owner, start: start(found.machine) });
    await ownership.completeTaking();
  });
}

/** Puts these keys into the machine's node, by version, and leaves all others; undefined if there is no node. */
export async function describeMachine(
  coordinator: Coordinator,
  machine: string,
  description: Partial<Machine>,
): Promise<readonly Operation[] | undefined> {
  const path = paths.machine(machine);
  const found = await readEntity(coordinator, path, machineSchema);
  if (found === undefined) return undefined;
  const value = nodeValue({ ...found.value, ...description });
  return [{ kind: 'set', path, value, version: found.version }];
}

/** True if an agent of this very data directory, which is gone, left a presence: there is only one at a time. */
function isLeftBehind(presence: Partial<AgentPresence>, { agentId, place }: Identity): boolean {
  return presence.agentId === agentId && (presence.place === undefined || presence.place === place);
}

/** Waits for a presence to vanish that may be of an agent that lives, or until that is broken off. @throws MachineTaken */
async function outlast(
  coordinator: Coordinator,
  identity: Identity,
  { presence, machine }: MachinePlace,
  { clock, log, patience = PATIENCE, takeOver = false }: RegistrationOptions,
  brokenOff?: AbortSignal,
): Promise<void> {
  if (presence === undefined || isLeftBehind(presence, identity)) return;
  const path = paths.agent(identity.machine);
  const taken = new MachineTaken({
    machine: identity.machine,
    pid: presence.pid,
    hostname: presence.hostname ?? machine?.hostname ?? '?',
    dataDirectory: presence.dataDirectory,
    isCopy: presence.agentId === identity.agentId,
    ownDirectory: identity.dataDirectory,
    takeOver,
  });
  if (!takeOver && taken.isCopy && livesHere(machine?.owner, identity)) throw taken;
  log.warning(`${taken.message}; waiting up to ${patience / 1_000} s for it to go`);
  const gone = await new Promise<boolean>((resolve) => {
    const timer = clock.after(patience, () => end(false));
    const breakOff = (): void => end(true);
    if (brokenOff?.aborted === true) queueMicrotask(breakOff);
    brokenOff?.addEventListener('abort', breakOff);
    const observation = coordinator.observe(path, (node) => {
      if (!isPresence(node) || isLeftBehind(parseSound(path, agentSchema, node, [])?.value ?? {}, identity))
        end(true);
    });
    function end(result: boolean): void {
      timer.cancel();
      brokenOff?.removeEventListener('abort', breakOff);
      // It may be told before it is known here.
      queueMicrotask(() => observation.close());
      resolve(result);
    }
  });
  if (!gone) throw taken;
}

/** True if the owner's agent is a process of this very host that lives: then there is nothing to wait for. */
function livesHere(owner: MachineOwner | undefined, { boot }: Identity): boolean {
  const { pid, startTime, boot: there } = owner?.process ?? {};
  return pid !== undefined && there === boot && findProcess(pid)?.startTime === startTime;
}

/** Puts the presence there, also where another's stands: the machine is this agent's. */
async function announce(
  coordinator: Coordinator,
  { machine, agentId }: Identity,
  ownership: Ownership,
  presence: string,
  { log }: RegistrationOptions,
): Promise<void> {
  const path = paths.agent(machine);
  const standing = await coordinator.get(path);
  const isForeign =
    standing !== undefined &&
    stoppedAt(standing) === undefined &&
    parseSound(path, agentSchema, standing, [])?.value.agentId !== agentId;
  // Removed and created anew, so that it is this session's and ends with it.
  const replaced: readonly Operation[] =
    standing === undefined ? [] : [{ kind: 'remove', path, version: standing.version }];
  const { claim } = ownership;
  try {
    await coordinator.transaction([
      { kind: 'check', path: claim },
      ...replaced,
      { kind: 'create', path, value: presence, ephemeral: true },
    ]);
  } catch (error) {
    // The machine was removed, or taken: then this waits until the agent has ended.
    if (error instanceof NodeNotFound && error.path === claim) await ownership.verify();
    throw error;
  }
  if (isForeign)
    log.warning(
      `${path} in the environment's state was not of this agent, whose machine it is, and was replaced`,
    );
}
