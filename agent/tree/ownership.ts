import type { Clock } from '../../state/platform/clock.js';
import type { Coordinator, Observation } from '../../state/coordination/coordinator.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import {
  beginTakingOperations,
  type MachinePlace,
  newClaim,
  readMachinePlace,
  takeMachineOperations,
} from '../../state/model/machine-owner.js';
import { paths } from '../../state/model/paths.js';
import { findProcess } from '../../state/platform/process-stat.js';
import {
  type AgentPresence,
  type Machine,
  type MachineOwner,
  agentSchema,
  machineSchema,
} from '../../state/model/machine-schemas.js';
import { MachineTakenOver } from '../contract/errors.js';
import type { Log } from '../contract/log.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import { untilItWorks } from '../contract/retry.js';

/** This agent, as its presence node and the machine's owner name it. */
export interface Identity {
  readonly machine: string;
  /** Random, kept in the data directory: tells a restarted agent from another one of the same machine name. */
  readonly agentId: string;
  readonly version: string;
  readonly description: Machine;
  /** Absolute; for commands that are run on the machine itself. */
  readonly dataDirectory: string;
  /** Paths, for those who are on this machine. */
  readonly sockets?: AgentPresence['sockets'];
  /** The boot in which `pid` is a process's. */
  readonly boot: string;
  /** Tells this data directory from every copy of it, in this boot; see `placeOf`. */
  readonly place: string;
}

/** The claims this data directory had on its machine: one of them is the tree's, unless a copy of it ran since. */
export interface ClaimMemory {
  known(): readonly string[];
  /** Kept before the tree has it. */
  remember(claim: string): Promise<void>;
}

export interface OwnershipParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly memory: ClaimMemory;
}

/** Milliseconds for which a hook may rely on what was last heard of the claim; far less than a session lives. */
const FRESH = 1_000;

/** Claims of former owners that are kept. */
const MOST_FORMERS = 8;

/**
 * That the machine is this agent's. Whoever takes a machine leaves a node there and removes that of the one before:
 * every write of an agent checks that its own still stands, in the same transaction, so that an agent which was away
 * while another took its machine writes nothing any more, however late it learns of it.
 */
export class Ownership {
  readonly #coordinator: Coordinator;
  readonly #identity: Identity;
  readonly #parts: OwnershipParts;
  /** Resolves when another agent was found to have taken the machine. */
  readonly lost: Promise<MachineTakenOver>;
  readonly #lose: (error: MachineTakenOver) => void;
  /** Open until this is closed, and then rejected: what an agent still wants that has lost its machine. */
  readonly #refused: Promise<never>;
  readonly #refuse: (error: Error) => void;
  #error: MachineTakenOver | undefined;
  #closed = false;
  /** It was this agent that registered the machine. */
  #isNew = false;
  #claim = '';
  readonly #own = new Set<string>();
  #watch: Observation | undefined;
  #verifying: Promise<void> | undefined;
  /** Monotonic; when the claim was last known to stand. */
  #provenAt = Number.NEGATIVE_INFINITY;

  constructor(coordinator: Coordinator, identity: Identity, parts: OwnershipParts) {
    this.#coordinator = coordinator;
    this.#identity = identity;
    this.#parts = parts;
    let lose: (error: MachineTakenOver) => void = () => undefined;
    this.lost = new Promise((resolve) => {
      lose = resolve;
    });
    let refuse: (error: Error) => void = () => undefined;
    this.#refused = new Promise((_, reject) => {
      refuse = reject;
    });
    // Mostly nobody waits for it.
    this.#refused.catch(() => undefined);
    this.#lose = lose;
    this.#refuse = refuse;
  }

  /** Takes the machine, where `allowed` does not throw. */
  async take(allowed: (found: MachinePlace) => void): Promise<void> {
    const { machine } = this.#identity;
    await retryOnConflict(
      `machine ${machine}`,
      async () => {
        const found = await readMachinePlace(this.#coordinator, machine);
        allowed(found);
        await this.#takeAs(found);
      },
      this.#parts,
    );
  }

  /**
   * Has whoever owns the machine end its work there, by taking its claim away. The machine stays that one's until
   * `completeTaking`: an agent that ends in between has changed nothing, and the owner goes on when it starts again.
   */
  async beginTaking(): Promise<void> {
    const { machine, agentId, dataDirectory, description, place } = this.#identity;
    await retryOnConflict(
      `machine ${machine}`,
      async () => {
        const found = await readMachinePlace(this.#coordinator, machine);
        const asked = this.#parts.clock.monotonic();
        const claim = newClaim();
        const taking = {
          ...{ agentId, dataDirectory, place, claim },
          ...{ pid: process.pid, hostname: description.hostname, since: this.#now() },
        };
        this.#own.add(claim);
        const operations = beginTakingOperations(machine, found, description, taking);
        this.#isNew ||= found.version === undefined;
        await betweenFaults('taking.begin', () => this.#coordinator.transaction(operations));
        this.#has(claim, asked);
      },
      this.#parts,
    );
  }

  /**
   * The machine's owner is gone, and from now on the machine is this agent's. Stays open once another one has it, whom
   * `lost` names.
   */
  async completeTaking(): Promise<void> {
    const { machine } = this.#identity;
    await retryOnConflict(
      `machine ${machine}`,
      async () => {
        const found = await readMachinePlace(this.#coordinator, machine);
        if (!found.claims.includes(this.claim)) return this.verify();
        if (found.owner?.claim === this.#claim) return;
        await betweenFaults('taking.complete', () => this.#takeAs(found, true));
      },
      this.#parts,
    );
  }

  /** The node that stands while the machine is this agent's. */
  get claim(): string {
    return paths.machineClaim(this.#identity.machine, this.#claim);
  }

  /** Open until this is closed, and then rejected: what an agent still wants that must write nothing. */
  get refusal(): Promise<never> {
    return this.#refused;
  }

  /** A write that was begun then found the claim standing. */
  proven(asked: number): void {
    this.#provenAt = Math.max(this.#provenAt, asked);
  }

  /**
   * Resolves when it is sure that the machine was this agent's a moment ago: at once where a write has just said so,
   * else when the coordinator says so. Stays open once the machine is lost.
   */
  async assure(): Promise<void> {
    if (this.#error === undefined && this.#parts.clock.monotonic() - this.#provenAt < FRESH) return;
    await this.verify();
  }

  /**
   * Looks whether the claim stands. One that was removed with the machine, by operators who took it for lost, is made
   * again; where another agent has the machine, this one has lost it, and what waits here is refused when it is closed.
   */
  verify(): Promise<void> {
    if (this.#error !== undefined) return this.#refused;
    this.#verifying ??= this.#verify().finally(() => {
      this.#verifying = undefined;
    });
    return this.#verifying;
  }

  /** Ends watching, and refuses what waits. */
  close(): void {
    this.#closed = true;
    this.#watch?.close();
    this.#refuse(this.#error ?? new Error('the agent stops'));
  }

  async #verify(): Promise<void> {
    const { clock, random, log } = this.#parts;
    const { machine } = this.#identity;
    await untilItWorks(() => this.#look(), {
      clock,
      random,
      // Remembering a claim that is made again may find the disk full.
      mayHeal: () => !this.#closed,
      failed: (error) => log.error(`it is not known whose machine ${machine} is`, { error }),
    });
    if (this.#error !== undefined) await this.#refused;
  }

  async #look(): Promise<void> {
    const asked = this.#parts.clock.monotonic();
    if ((await this.#coordinator.get(this.claim)) !== undefined) return this.proven(asked);
    const { machine, agentId } = this.#identity;
    const found = await readMachinePlace(this.#coordinator, machine);
    const { owner, presence, taking } = found;
    if (taking !== undefined && !this.#own.has(taking.claim)) {
      this.#error = new MachineTakenOver({ machine, ...whose(taking), isUnderWay: true });
    } else if (owner !== undefined && !this.#own.has(owner.claim)) {
      this.#error = new MachineTakenOver({ machine, ...whose(owner), isUnderWay: false });
    } else if (owner === undefined && presence !== undefined && presence.agentId !== agentId) {
      // An agent of a release that leaves no owner.
      const { hostname = found.machine?.hostname ?? '?', dataDirectory = '?', since = '?' } = presence;
      this.#error = new MachineTakenOver({ machine, hostname, dataDirectory, since, isUnderWay: false });
    }
    if (this.#error === undefined) await this.#takeAs(found);
    else this.#lose(this.#error);
  }

  async #takeAs(found: MachinePlace, isTaking = false): Promise<void> {
    const claim = isTaking ? this.#claim : newClaim();
    const { machine, agentId, dataDirectory, description, boot, place } = this.#identity;
    const { clock, memory, log } = this.#parts;
    const startTime = findProcess(process.pid)?.startTime;
    for (const { path, reason } of found.problems)
      log.warning(
        `${path} in the environment's state is not what an agent wrote, and is replaced: ${reason}`,
      );
    const asked = clock.monotonic();
    const formers = this.#formersAfter(found.owner, isTaking);
    const former = formers.at(-1);
    const owner: MachineOwner = {
      agentId,
      hostname: description.hostname,
      dataDirectory,
      since: this.#now(),
      claim,
      place,
      ...(former !== undefined && { former, formers }),
      ...(startTime !== undefined && { process: { pid: process.pid, startTime, boot } }),
    };
    this.#own.add(claim);
    await memory.remember(claim);
    await this.#coordinator.transaction(takeMachineOperations(machine, found, description, owner));
    // A machine that this agent registered just now had no owner either.
    if (found.machine !== undefined && found.owner === undefined && !this.#isNew)
      log.info(
        `machine ${machine} had no owner, as release 0.1.0 leaves it, and is from now on that of the agent in ${dataDirectory} on ${owner.hostname}`,
      );
    this.#has(claim, asked);
  }

  /**
   * The claims of owners that were other data directories. One that comes by what it knows is the owner's own, or a copy
   * that ran last. One that takes over may be a clone of the owner's host: no name tells that from the host itself, and
   * the owner's directory must not be called the older one.
   */
  #formersAfter(owner: MachineOwner | undefined, isTaking: boolean): string[] {
    if (owner === undefined) return [];
    const { claim, former, formers = former === undefined ? [] : [former], place } = owner;
    const isSame = isTaking ? place === this.#identity.place : this.#parts.memory.known().includes(claim);
    return isSame ? formers : [...formers, claim].slice(-MOST_FORMERS);
  }

  /**
   * Says in the machine's node and in this agent's presence that it stopped; its session stays for the next one. Changes
   * nothing where either is not this agent's any more. The owner has another claim from then on: one that a copy of this
   * directory does not know, where it was made while the agent worked.
   */
  async leave(): Promise<void> {
    const { machine, agentId } = this.#identity;
    const [path, presencePath] = [paths.machine(machine), paths.agent(machine)];
    const [found, presence] = await Promise.all([
      readEntity(this.#coordinator, path, machineSchema),
      readEntity(this.#coordinator, presencePath, agentSchema),
    ]);
    if (found?.value.owner?.claim !== this.#claim || presence?.value.agentId !== agentId) return;
    const at = this.#now();
    const claim = newClaim();
    this.#own.add(claim);
    await this.#parts.memory.remember(claim);
    const owner = { ...found.value.owner, claim };
    await this.#coordinator.transaction([
      { kind: 'check', path: this.claim },
      {
        kind: 'set',
        path,
        value: nodeValue({ ...found.value, owner, stopped: { at, claim } }),
        version: found.version,
      },
      {
        kind: 'set',
        path: presencePath,
        value: nodeValue({ ...presence.value, stopped: at }),
        version: presence.version,
      },
    ]);
  }

  #now(): string {
    return new Date(this.#parts.clock.now()).toISOString();
  }

  /** The claim was put there by what was asked for then. */
  #has(claim: string, asked: number): void {
    this.#claim = claim;
    this.proven(asked);
    this.#watch?.close();
    if (this.#closed) return;
    this.#watch = this.#coordinator.observe(this.claim, (node) => {
      if (node === undefined && !this.#closed) this.verify().catch(() => undefined);
    });
  }
}

/** The words of an error about an owner. */
function whose({
  hostname,
  dataDirectory,
  since,
}: MachineOwner): Pick<MachineOwner, 'hostname' | 'dataDirectory' | 'since'> {
  return { hostname, dataDirectory, since };
}
