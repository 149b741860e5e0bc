import { availableParallelism } from 'node:os';
import { writeToolDirectory } from '../hooks/client/tool-directory.js';
import type { HookContext } from '../hooks/context/hook-context.js';
import { HookLauncher } from '../hooks/process/launcher.js';
import { startToolServer, type ToolServer } from '../hooks/server/tool-server.js';
import { wayBack } from '../state/model/absence.js';
import { openGate, openGates } from '../state/model/protection.js';
import type { Machine } from '../state/model/machine-schemas.js';
import { bootId } from '../state/platform/boot.js';
import { findPerl } from '../state/platform/find-perl.js';
import { formatBytes } from '../state/platform/format-bytes.js';
import { openStorage } from '../state/storage/open.js';
import { awaitCoordinator, connect } from './connect.js';
import { MachineOwned, MachineTaken, MachineTakenOver } from './contract/errors.js';
import { KILL_DELAY } from './contract/kill-delay.js';
import { claimDataDirectory, pruneRuns } from './disk/data-directory.js';
import { type DiskUse, keepHouse } from './disk/housekeeping.js';
import { keepUnits } from './disk/kept-units.js';
import { clearLeftovers } from './disk/leftovers.js';
import { roomRemark } from './disk/room-remark.js';
import { Staging } from './disk/staging.js';
import { endLeftHooks } from './end-hooks.js';
import { homeEnvironment } from './environment/home-environment.js';
import { choiceOf, ownCommand } from './environment/own-command.js';
import { hostUnits, neededBundles } from './hosting/machine-units.js';
import { addressFacts, identify, machineMemory } from './identify.js';
import { openJournal } from './journal/journal.js';
import { leadRollouts } from './leader/lead-rollouts.js';
import { gatherLogs } from './logs/gather-logs.js';
import { logSegmentsOf } from './logs/segments.js';
import { givenAddresses, watchAddresses } from './machine/addresses.js';
import { openFormulas } from './machine/formulas.js';
import { hookGate } from './machine/hook-gate.js';
import { hookSlots } from './machine/hook-slots.js';
import { ShutdownInhibitor } from './machine/shutdown-inhibitor.js';
import type { AgentParts } from './machine/parts.js';
import { prefetching } from './machine/prefetch.js';
import { onceInATurn } from './once-in-a-turn.js';
import type { AgentOptions } from './options.js';
import { answerKeptRequests } from './tree/answer-kept-requests.js';
import { removeDropped } from './tree/dropped-relations.js';
import { fencedCoordinator } from './tree/fenced-coordinator.js';
import { openHistories } from './tree/histories.js';
import { otherOwner } from './tree/other-owner.js';
import { placeUnplaced } from './tree/placement.js';
import { describeMachine, registerAgent } from './tree/presence.js';
import { watchMeetings, watchRelations } from './tree/relations.js';
import { watchRolloutGates } from './tree/rollouts.js';
import { watchServices } from './tree/services.js';
import { treeWriter } from './tree/tree-writer.js';
import { watchKeepRemoved } from './tree/watch-keep-removed.js';

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
 * Hooks that run at once, for each core. Most wait for something most of the time; and those that do not leave a core
 * idle while the agent takes note of their ends, which come in bursts: a rollout of a thousand units whose hooks wait for
 * nothing takes 0.85 of the time that it takes with one for each core (docs/performance.md).
 */
const HOOKS_PER_CORE = 4;

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
  const {
    environment,
    machine,
    log,
    clock,
    random,
    boot = bootId(),
    hookKillDelay: killDelay = KILL_DELAY,
  } = options;
  const perl = findPerl();
  for (const warning of environment.warnings ?? []) log.warning(warning);
  const { directory, release, afterDeath, locked, left } = await claimDataDirectory(
    options.dataDirectory,
    machine,
  );
  for (const sentence of left) log.warning(sentence);
  if (!locked)
    log.warning(
      `${directory.root} cannot be locked: install perl or flock, or see that one agent is started at a time`,
    );
  const ends: (() => Promise<void> | void)[] = [release];
  let keepSession = false;
  let server: ToolServer | undefined;
  const endAll = async (): Promise<void> => {
    // First: what is answered must still be journalled.
    await server?.close();
    for (const end of ends.reverse()) await end();
  };
  let ending: Promise<void> | undefined;
  const end = (): Promise<void> => {
    ending ??= endAll();
    return ending;
  };
  try {
    const journal = openJournal(directory.journal);
    ends.push(() => journal.close());
    const journalled = journal.load();
    // A unit that cannot be read may have a run, and nobody knows which.
    if (journalled.damaged.length === 0)
      await pruneRuns(
        directory,
        new Set(journalled.units.flatMap(({ hook }) => (hook === null ? [] : [hook.id]))),
      );
    await writeToolDirectory(directory.tools, perl);
    const contexts = new Map<string, HookContext>();
    let agentId: string | undefined;
    let hosted = (): void => undefined;
    const hosting = new Promise<void>((resolve) => {
      hosted = resolve;
    });
    server = await startToolServer(
      directory.socket,
      async (id) => {
        await hosting;
        return contexts.get(id);
      },
      clock,
      { about: () => ({ agentId, pid: process.pid }) },
    );
    const storage = await openStorage(environment.storage, { stays: true, mustBeThere: true });
    ends.push(() => storage.close());
    let gathered: Promise<void> | undefined;
    ends.push(() => gathered);
    const memory = await machineMemory(options, directory, journalled);
    const addresses =
      options.addresses ??
      (environment.address === undefined
        ? watchAddresses({ clock, log, alone: environment.state.startsWith('embedded:') })
        : givenAddresses(environment.address));
    ends.push(() => addresses.close());
    const identity = await identify(options, directory, addresses);
    ({ agentId } = identity);
    const command = ownCommand(environment, machine, directory.root, options.takeOver === true);
    const home = await homeEnvironment({
      environment: environment.name,
      state: environment.state,
      machine,
      agentId: identity.agentId,
      dataDirectory: directory.root,
      command,
      units() {
        const { units, damaged } = journal.load();
        return [...units, ...damaged].map(({ unit }) => unit);
      },
      // Whose word is given is not asked for it again.
      owner: async (get) =>
        options.takeOver === true ? undefined : otherOwner(get, identity, memory.known()),
      acceptState: options.acceptState ?? false,
      clock,
      log,
    });
    const failed = home.stranger.then((error) => {
      throw error;
    });
    failed.catch(() => undefined);
    const bare = await Promise.race([connect(options, directory, home, identity), failed]);
    ends.push(() => bare.close({ keepSession }));
    await Promise.race([awaitCoordinator(bare, options, directory, identity, home), failed]);
    const registering = registerAgent(bare, identity, {
      clock,
      random,
      log,
      memory,
      hosted: [...journalled.units, ...journalled.damaged].map(({ unit }) => unit),
      start: (found) => wayBack(machine, found, choiceOf(environment)),
      ...(options.takeOver !== undefined && { takeOver: options.takeOver }),
      ...(options.patience !== undefined && { patience: options.patience }),
      ...(options.breakable !== undefined && { breakable: options.breakable }),
    }).catch(async (error: unknown) => {
      const isOthers =
        error instanceof MachineTakenOver ||
        ((error instanceof MachineOwned || error instanceof MachineTaken) && !error.isCopy);
      if (isOthers && memory.known().length > 0) {
        options.losing?.();
        await endLeftHooks(journalled.units, directory, { boot, killDelay, clock, log });
      }
      throw error;
    });
    const registration = await Promise.race([registering, failed]);
    let isStranger = false;
    void home.stranger.then(() => {
      isStranger = true;
    });
    ends.push(async () => {
      // Last of what is written. Not into a state that is another one.
      if (keepSession && !isStranger) await registration.leave();
      registration.close();
    });
    const { ownership } = registration;
    const coordinator = fencedCoordinator(bare, ownership, clock, home.isKeptOut);
    const gate = hookGate(() => ownership.assure());
    // Its writes wait once the machine is lost, and nobody hosts the units yet.
    let isSettled = false;
    const lostEarly = ownership.lost.then(async (error) => {
      if (isSettled) return;
      options.losing?.();
      await endLeftHooks(journalled.units, directory, { boot, killDelay, clock, log });
      throw error;
    });
    lostEarly.catch(() => undefined);
    await Promise.race([home.settle(coordinator), failed, lostEarly]);
    isSettled = true;
    for (const path of await openGates(bare))
      log.warning(openGate(environment, path, `ensemble bootstrap -e ${environment.name}`));
    ends.push(() => home.close());

    const logs = gatherLogs(logSegmentsOf(coordinator, machine), directory.logMarks, {
      clock,
      log,
      secrets: environment.secret === undefined ? [] : [environment.secret],
    });
    // Not awaited before the coordinator is closed: a write may wait for one that is away.
    ends.push(() => {
      gathered = logs.close();
    });
    const leftovers = clearLeftovers(clock, log);
    ends.push(() => leftovers.close());
    const staging = new Staging(storage, directory.cache, leftovers);
    ends.push(() => staging.close());
    const writer = treeWriter(coordinator, clock, random, () => home.touched());
    const dropped = removeDropped(coordinator, { clock, random, log });
    ends.push(() => dropped.close());
    const describeAs = (description: () => Partial<Machine>, failure: string): void => {
      // The presence registers a machine anew that was removed.
      writer
        .write(async () => (await describeMachine(coordinator, machine, description())) ?? [])
        .catch((error: unknown) => log.warning(failure, { error }));
    };
    const kept = keepUnits(directory, {
      clock,
      log,
      boot,
      keepRemoved: () => keepRemoved.current(),
      told: onceInATurn(() =>
        describeAs(
          () => ({ kept: kept.summary() }),
          'the machine’s node cannot say how much is kept of removed units',
        ),
      ),
    });
    ends.push(() => kept.close());
    const keepRemoved = watchKeepRemoved(coordinator, log, environment.keepRemoved, () => void kept.look());
    ends.push(() => keepRemoved.close());
    const launcher = new HookLauncher(perl);
    ends.push(() => launcher.close());
    const inhibitor = new ShutdownInhibitor(log, options.inhibiting);
    ends.push(() => inhibitor.close());
    const formulas = openFormulas(coordinator, staging, { trust: environment.trust, clock });
    const prefetch = prefetching(formulas, { clock, log });
    ends.push(() => prefetch.close());
    const parts: AgentParts = {
      machine,
      addresses,
      directory,
      coordinator,
      home,
      journal,
      leftovers,
      staging,
      kept,
      formulas,
      services: watchServices(coordinator, log, prefetch.wanted),
      gates: watchRolloutGates(coordinator, log),
      relations: watchRelations(coordinator, log),
      meetings: watchMeetings(coordinator, log),
      dropped,
      histories: openHistories(coordinator, writer),
      writer,
      slots: hookSlots(options.hookConcurrency ?? HOOKS_PER_CORE * availableParallelism()),
      contexts,
      logs,
      hookRules: environment.hooks ?? {},
      hookTimeLimit: options.hookTimeLimit ?? (environment.hooks?.timeout ?? 3_600) * 1_000,
      hookKillDelay: killDelay,
      gate,
      inhibitor,
      launcher,
      afterDeath,
      boot,
      log,
      clock,
      random,
    };
    ends.push(
      addresses.subscribe(() =>
        describeAs(() => addressFacts(addresses), 'the change of the address cannot be told'),
      ),
    );
    const units = await Promise.race([hostUnits(parts, journalled), failed]);
    ends.push(() => units.stop());
    hosted();
    const placement = placeUnplaced(coordinator, { machine, clock, random, log });
    ends.push(() => placement.close());
    const leading = leadRollouts({ coordinator, agentId: identity.agentId, clock, random, log });
    ends.push(() => leading.close());
    const describe = (disk: DiskUse): void => {
      log.info('disk', { ...disk });
      const held = kept.summary();
      if (held.bytes > disk.free)
        log.warning(`${formatBytes(disk.free)} are free on the disk, and ${roomRemark(machine, held)}`);
      describeAs(() => ({ disk: { ...disk } }), 'the use of the disk cannot be told');
    };
    ends.push(
      keepHouse(directory, () => new Set([...neededBundles(units), ...prefetch.needed()]), {
        clock,
        log,
        leftovers,
        staging,
        told: describe,
      }),
    );
    void kept.look();
    const answers = answerKeptRequests(coordinator, machine, kept, { clock, random, log });
    ends.push(() => answers.close());
    keepSession = true;
    let losing: Promise<void> | undefined;
    const lose = async (): Promise<void> => {
      options.losing?.();
      keepSession = false;
      // First: the other agent waits for this one's presence to go, and then runs hooks of the same units.
      const left = journal.load().units.filter(({ unit }) => !units.units.has(unit));
      await Promise.all([
        units.abandon(gate),
        endLeftHooks(left, directory, { boot, killDelay, clock, log }),
      ]);
      // Before all else ends: what that would still write is the other agent's by now.
      await bare.close();
      await end();
    };
    const lost = ownership.lost.then(async (error) => {
      log.error(error.message, { next: error.next });
      losing = lose();
      await losing;
      return error;
    });
    const stop = async (): Promise<void> => {
      // Which would leave running the hooks that are to end.
      if (losing === undefined) await end();
      await losing;
    };
    log.info(`machine ${machine} is up`, { environment: environment.name, units: journalled.units.length });
    return { stop, failure: home.stranger, lost };
  } catch (error) {
    await end();
    throw error;
  }
}
