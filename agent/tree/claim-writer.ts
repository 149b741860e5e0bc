import type { Coordinator } from '../../state/coordination/coordinator.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import {
  beginTakingOperations,
  type MachinePlace,
  newClaim,
  takeMachineOperations,
} from '../../state/model/machine-owner.js';
import { type MachineOwner, agentSchema, machineSchema } from '../../state/model/machine-schemas.js';
import { paths } from '../../state/model/paths.js';
import type { Clock } from '../../state/platform/clock.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import { findProcess } from '../../state/platform/process-stat.js';
import type { Log } from '../contract/log.js';
import type { ClaimMemory, Identity } from './identity.js';

/** Claims of former owners that are kept. */
const MOST_FORMERS = 8;

export interface ClaimWriterParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly memory: ClaimMemory;
}

/** A claim that the tree got from this agent. */
export interface WrittenClaim {
  readonly claim: string;
  /** Monotonic; the claim stood at this time or later. */
  readonly asked: number;
}

/**
 * Writes whose the machine is into its node: taking it, taking it over in two steps, and stopping. It decides neither
 * whether the machine may be taken (`require-ownable.ts`) nor whether a claim still stands (`ownership.ts`).
 */
export class ClaimWriter {
  readonly #coordinator: Coordinator;
  readonly #identity: Identity;
  readonly #parts: ClaimWriterParts;
  /** Claims that this process wrote. */
  readonly #own = new Set<string>();
  /** This agent registered the machine. */
  #isNew = false;

  constructor(coordinator: Coordinator, identity: Identity, parts: ClaimWriterParts) {
    this.#coordinator = coordinator;
    this.#identity = identity;
    this.#parts = parts;
  }

  /** True if this process wrote the claim. */
  isOwn(claim: string): boolean {
    return this.#own.has(claim);
  }

  /** Makes this agent the owner, with a new claim. @throws a conflict where the nodes changed since they were read */
  take(found: MachinePlace): Promise<WrittenClaim> {
    return this.#makeOwner(found, newClaim(), false);
  }

  /** The first step of taking over: removes the owner's claim, and leaves the machine its own. */
  async beginTaking(found: MachinePlace): Promise<WrittenClaim> {
    const { machine, agentId, dataDirectory, description, place } = this.#identity;
    const asked = this.#parts.clock.monotonic();
    const claim = newClaim();
    const { hostname } = description;
    const taking = { agentId, dataDirectory, place, claim, pid: process.pid, hostname, since: this.#now() };
    this.#own.add(claim);
    const operations = beginTakingOperations(machine, found, description, taking);
    this.#isNew ||= found.version === undefined;
    await betweenFaults('taking.begin', () => this.#coordinator.transaction(operations));
    return { claim, asked };
  }

  /** The second step, when the owner is gone: makes this agent the owner. @param claim as written by the first step */
  completeTaking(found: MachinePlace, claim: string): Promise<WrittenClaim> {
    return betweenFaults('taking.complete', () => this.#makeOwner(found, claim, true));
  }

  async #makeOwner(found: MachinePlace, claim: string, isTaking: boolean): Promise<WrittenClaim> {
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
    return { claim, asked };
  }

  /**
   * The claims of owners that were other data directories. An agent that knows the owner's claim is the owner itself, or
   * a copy that ran last. An agent that takes over may be a clone of the owner's host: no name tells it from the host
   * itself, and the owner's directory must not be called the older one.
   */
  #formersAfter(owner: MachineOwner | undefined, isTaking: boolean): string[] {
    if (owner === undefined) return [];
    const { claim, former, formers = former === undefined ? [] : [former], place } = owner;
    const isSame = isTaking ? place === this.#identity.place : this.#parts.memory.known().includes(claim);
    return isSame ? formers : [...formers, claim].slice(-MOST_FORMERS);
  }

  /**
   * Says in the machine's node and in this agent's presence that it stopped; its session stays for the next agent.
   * Changes nothing where either is not this agent's any more. The owner gets another claim: a copy of this directory
   * that was made while the agent worked does not know it.
   * @param standing the claim by which this agent has the machine
   */
  async leave(standing: string): Promise<void> {
    const { machine, agentId } = this.#identity;
    const [path, presencePath] = [paths.machine(machine), paths.agent(machine)];
    const [found, presence] = await Promise.all([
      readEntity(this.#coordinator, path, machineSchema),
      readEntity(this.#coordinator, presencePath, agentSchema),
    ]);
    if (found?.value.owner?.claim !== standing || presence?.value.agentId !== agentId) return;
    const at = this.#now();
    const claim = newClaim();
    this.#own.add(claim);
    await this.#parts.memory.remember(claim);
    const owner = { ...found.value.owner, claim };
    await this.#coordinator.transaction([
      { kind: 'check', path: paths.machineClaim(machine, standing) },
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
}
