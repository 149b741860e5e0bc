import { randomUUID } from 'node:crypto';
import { type Clock, pause } from '../platform/clock.js';
import { EnsembleError } from '../platform/errors.js';
import type { Coordinator, Node, Operation } from './coordinator.js';
import { NodeExists, NodeNotFound, OutcomeUnknown, VersionConflict } from './errors.js';

/** A time for which one candidate leads. */
export interface Leadership {
  /** Rises with each leadership, whoever has it. */
  readonly term: number;
  /** Belongs into each transaction of a leader, which is refused with VersionConflict once another leads. */
  readonly guard: Operation;
  /** Aborted as soon as it is known that this leadership is over. */
  readonly over: AbortSignal;
}

/** One who wants to lead. */
interface Candidate {
  /** The same for each process that stands in for one before it, as an agent does that was restarted; e.g. its id. */
  readonly name: string;
  /** Called each time this candidate comes to lead. */
  readonly lead: (leadership: Leadership) => void;
  /** Told why it could not be asked who leads; that is tried again. */
  readonly failed: (error: EnsembleError) => void;
  readonly clock: Clock;
  /** Uniform in [0, 1): candidates do not all come forward at the same moment. */
  readonly random: () => number;
}

/** Milliseconds within which candidates come forward for a place that is free. */
const COMING_FORWARD = 200;
/** Milliseconds for which one that lost its place leaves it to others. */
const STANDING_BACK = 2_000;
/** Milliseconds that stepping down may hold up `close()`. */
const FAREWELL = 2_000;
/** Milliseconds after which one that could not ask tries again. */
const TRYING_AGAIN = 1_000;

/**
 * Stands for election among all who do so at `path`: one of them leads at a time, until it steps down, or its session
 * ends.
 *
 * The version of the node at `path`, which stays, is the term: a leader raises it in the transaction that takes the
 * place. So a write with the guard of a former term is refused, however late it comes, and whatever its writer's clock or
 * session says. (What makes a node another one, ZooKeeper's czxid, no transaction of ZooKeeper can check.) Who leads stands
 * in `<path>/leader`. That lives as long as the leader's session and is not made again after an expiry: one that was deposed
 * does not come back into its place unasked.
 * @param path its parent stands
 * @returns what stands no more and steps down, in bounded time; then another one leads at once
 */
export function standForElection(
  coordinator: Coordinator,
  path: string,
  candidate: Candidate,
): { close(): Promise<void> } {
  const closing = new AbortController();
  const ended = new Candidacy(coordinator, path, candidate, closing.signal).stand();
  return {
    async close() {
      closing.abort();
      const inTime = new AbortController();
      await Promise.race([ended, pause(candidate.clock, FAREWELL, inTime.signal)]);
      inTime.abort();
    },
  };
}

class Candidacy {
  readonly #place: string;
  readonly #coordinator: Coordinator;
  readonly #path: string;
  readonly #candidate: Candidate;
  readonly #closing: AbortSignal;

  constructor(coordinator: Coordinator, path: string, candidate: Candidate, closing: AbortSignal) {
    this.#coordinator = coordinator;
    this.#path = path;
    this.#candidate = candidate;
    this.#closing = closing;
    this.#place = `${path}/leader`;
  }

  /** Resolves when it was closed and has stepped down. */
  async stand(): Promise<void> {
    while (!this.#closing.aborted) {
      try {
        await this.#untilFree();
        await this.#wait(this.#candidate.random() * COMING_FORWARD);
        if (this.#closing.aborted) return;
        const id = randomUUID();
        const term = await this.#takePlace(id);
        if (term === undefined) continue;
        const guard: Operation = { kind: 'check', path: this.#path, version: term };
        await this.#lead(id, term, guard);
        await this.#stepDown(id, guard);
        await this.#wait(STANDING_BACK);
      } catch (error) {
        if (!(error instanceof EnsembleError)) throw error;
        if (!this.#closing.aborted) this.#candidate.failed(error);
        await this.#wait(TRYING_AGAIN);
      }
    }
  }

  #untilFree(): Promise<void> {
    return this.#observe((node, end) => {
      if (this.#isFree(node)) end();
    });
  }

  /** Nobody has it, or a process before this one had it. */
  #isFree(node: Node | undefined): boolean {
    return node === undefined || leaderIn(node).name === this.#candidate.name;
  }

  /** @returns the term; undefined where another was faster */
  async #takePlace(id: string): Promise<number | undefined> {
    const before = await this.#term();
    const standing = await this.#coordinator.get(this.#place);
    if (!this.#isFree(standing)) return undefined;
    const value = JSON.stringify({ id, name: this.#candidate.name });
    try {
      await this.#coordinator.transaction([
        { kind: 'set', path: this.#path, value, version: before },
        standing === undefined
          ? { kind: 'create', path: this.#place, value, ephemeral: 'once' }
          : { kind: 'set', path: this.#place, value, version: standing.version },
      ]);
    } catch (error) {
      if (isConflict(error)) return undefined;
      // It is read again who leads; where it is this one, under an id that is spent, it is free for this one.
      if (error instanceof OutcomeUnknown) return undefined;
      throw error;
    }
    return before + 1;
  }

  /** The version of the node that stays, which is made where there is none. */
  async #term(): Promise<number> {
    for (;;) {
      const node = await this.#coordinator.get(this.#path);
      if (node !== undefined) return node.version;
      await this.#coordinator.create(this.#path, '').catch((error: unknown) => {
        if (!isConflict(error)) throw error;
      });
    }
  }

  /** Resolves when another leads, the session is over, or this one is closed. */
  async #lead(id: string, term: number, guard: Operation): Promise<void> {
    const over = new AbortController();
    const end = (): void => over.abort();
    const endListening = this.#coordinator.onSession((event) => {
      if (event === 'expired' || event === 'replaced') end();
    });
    const observed = this.#observe((node, ended) => {
      if (node === undefined || leaderIn(node).id !== id) ended();
    }, over.signal).finally(end);
    this.#candidate.lead({ term, guard, over: over.signal });
    await observed;
    endListening();
  }

  /** Leaves the place to another, unless one has it already. */
  async #stepDown(id: string, guard: Operation): Promise<void> {
    const node = await this.#coordinator.get(this.#place);
    if (node === undefined || leaderIn(node).id !== id) return;
    await this.#coordinator
      .transaction([guard, { kind: 'remove', path: this.#place }])
      .catch((error: unknown) => {
        if (!isConflict(error)) throw error;
      });
  }

  /** Looks at the place until `look` ends it, `until` is aborted, or this one is closed. */
  async #observe(
    look: (node: Node | undefined, end: () => void) => void,
    until: AbortSignal = this.#closing,
  ): Promise<void> {
    const end = new AbortController();
    const signal = AbortSignal.any([end.signal, until, this.#closing]);
    const ended = new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    const observation = this.#coordinator.observe(this.#place, (node) => look(node, () => end.abort()));
    await ended;
    observation.close();
  }

  #wait(delay: number): Promise<void> {
    return pause(this.#candidate.clock, delay, this.#closing).catch(() => undefined);
  }
}

/** Somebody else was faster. */
function isConflict(error: unknown): boolean {
  return error instanceof NodeExists || error instanceof VersionConflict || error instanceof NodeNotFound;
}

/** A node that cannot be read belongs to somebody else. */
function leaderIn({ value }: Node): { readonly id?: unknown; readonly name?: unknown } {
  try {
    const read: unknown = JSON.parse(value);
    return typeof read === 'object' && read !== null ? read : {};
  } catch {
    return {};
  }
}
