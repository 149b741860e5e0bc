import type { Coordinator, Observation } from '../../state/coordination/coordinator.js';
import { retryOnConflict } from '../../state/model/conflict.js';
import { type MachinePlace, readMachinePlace } from '../../state/model/machine-owner.js';
import { paths } from '../../state/model/paths.js';
import type { MachineTakenOver } from '../contract/errors.js';
import { untilItWorks } from '../contract/retry.js';
import { ClaimWriter, type ClaimWriterParts, type WrittenClaim } from './claim-writer.js';
import type { Identity } from './identity.js';
import { takenOverBy } from './require-ownable.js';

export interface OwnershipParts extends ClaimWriterParts {
  readonly random: () => number;
}

/** Milliseconds for which a hook may rely on what was last heard of the claim; far less than a session lives. */
const FRESH = 1_000;

/**
 * Knows whether the machine is this agent's. Who takes a machine leaves a claim there and removes the one before:
 * every write of an agent checks that its own still stands, in the same transaction, so that an agent which was away
 * while another took its machine writes nothing any more, however late it learns of it.
 */
export class Ownership {
  readonly #coordinator: Coordinator;
  readonly #identity: Identity;
  readonly #parts: OwnershipParts;
  readonly #writer: ClaimWriter;
  /** Resolves when another agent was found to have taken the machine. */
  readonly lost: Promise<MachineTakenOver>;
  readonly #lose: (error: MachineTakenOver) => void;
  /** Open until this is closed, and then rejected: what an agent still wants that has lost its machine. */
  readonly #refused: Promise<never>;
  readonly #refuse: (error: Error) => void;
  #error: MachineTakenOver | undefined;
  #closed = false;
  #claim = '';
  #watch: Observation | undefined;
  #verifying: Promise<void> | undefined;
  /** Monotonic; when the claim was last known to stand. */
  #provenAt = Number.NEGATIVE_INFINITY;

  constructor(coordinator: Coordinator, identity: Identity, parts: OwnershipParts) {
    this.#coordinator = coordinator;
    this.#identity = identity;
    this.#parts = parts;
    this.#writer = new ClaimWriter(coordinator, identity, parts);
    let lose: (error: MachineTakenOver) => void = () => undefined;
    this.lost = new Promise((resolve) => {
      lose = resolve;
    });
    let refuse: (error: Error) => void = () => undefined;
    this.#refused = new Promise((_, reject) => {
      refuse = reject;
    });
    this.#lose = lose;
    this.#refuse = refuse;
    // Mostly nobody waits for it.
    this.#refused.catch(() => undefined);
  }

  /** Takes the machine, where `allowed` does not throw. */
  async take(allowed: (found: MachinePlace) => void): Promise<void> {
    await this.#change(async (found) => {
      allowed(found);
      this.#has(await this.#writer.take(found));
    });
  }

  /**
   * Has whoever owns the machine end its work there, by taking its claim away. The machine stays that one's until
   * `completeTaking`: an agent that ends in between has changed nothing, and the owner goes on when it starts again.
   */
  async beginTaking(): Promise<void> {
    await this.#change(async (found) => this.#has(await this.#writer.beginTaking(found)));
  }

  /**
   * The machine's owner is gone, and from now on the machine is this agent's. Stays open once another one has it, whom
   * `lost` names.
   */
  async completeTaking(): Promise<void> {
    await this.#change(async (found) => {
      if (!found.claims.includes(this.claim)) return this.verify();
      if (found.owner?.claim !== this.#claim)
        this.#has(await this.#writer.completeTaking(found, this.#claim));
    });
  }

  /** Changes the machine's nodes as they are found; again, where they changed meanwhile. */
  #change(change: (found: MachinePlace) => Promise<void>): Promise<void> {
    const { machine } = this.#identity;
    return retryOnConflict(
      `machine ${machine}`,
      async () => change(await readMachinePlace(this.#coordinator, machine)),
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

  /** Says in the tree that this agent stopped, where the machine is still its own; see `ClaimWriter.leave`. */
  leave(): Promise<void> {
    return this.#writer.leave(this.#claim);
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
    const found = await readMachinePlace(this.#coordinator, this.#identity.machine);
    this.#error = takenOverBy(found, this.#identity, (claim) => this.#writer.isOwn(claim));
    if (this.#error === undefined) this.#has(await this.#writer.take(found));
    else this.#lose(this.#error);
  }

  /** The tree has the claim: watches it from now on. */
  #has({ claim, asked }: WrittenClaim): void {
    this.#claim = claim;
    this.proven(asked);
    this.#watch?.close();
    if (this.#closed) return;
    this.#watch = this.#coordinator.observe(this.claim, (node) => {
      if (node === undefined && !this.#closed) this.verify().catch(() => undefined);
    });
  }
}
