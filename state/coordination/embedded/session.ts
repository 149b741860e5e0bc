import { randomUUID } from 'node:crypto';
import type { Clock } from '../../platform/clock.js';
import type { Operation } from '../coordinator.js';
import { endSessions, instant, isOver, leaseFrom } from './leases.js';
import { keyOf, parentOf } from './paths.js';
import { Staging } from './staging.js';
import { heldBy, type Tables } from './tables.js';

/** Thrown inside a write transaction, before anything of it is written, when the session was found to be over. */
export class SessionOver extends Error {}

/**
 * One client's session, and the ephemerals that come back with it after an expiry. It has a lease in the store from
 * its first ephemeral on; without any there is nothing that could expire. All methods that take tables run inside a
 * write transaction, except `changed`, which is told what was committed.
 */
export class Session {
  #id: string | undefined;
  #leased = false;
  readonly #held = new Map<string, string>();
  readonly #clock: Clock;
  /** In milliseconds. */
  readonly timeout: number;

  constructor(clock: Clock, timeout: number) {
    this.#clock = clock;
    this.timeout = timeout;
  }

  /** Made when it is first needed: who only reads never does. */
  get id(): string {
    this.#id ??= randomUUID();
    return this.#id;
  }

  /** True if it has a lease to renew. */
  get isLeased(): boolean {
    return this.#leased;
  }

  /** True if another process ended it, as others do when its time has run out. */
  isEnded(tables: Tables): boolean {
    return this.#leased && tables.leases.get(this.id) === undefined;
  }

  /** Goes on with a saved session unless its time has run out. */
  resume(tables: Tables, saved: string): void {
    // Anything else was written by another engine, or by nobody.
    if (!/^[0-9a-f-]{36}$/.test(saved)) return;
    const lease = tables.leases.get(saved);
    if (lease === undefined || isOver(lease, instant(this.#clock))) return;
    this.#id = saved;
    this.#leased = true;
    for (const path of heldBy(tables, saved)) this.#held.set(path, '');
    this.renew(tables);
  }

  /**
   * Takes the lease, or makes sure that it still stands, before an ephemeral is created under it.
   * @throws SessionOver
   */
  hold(tables: Tables): void {
    if (tables.leases.get(this.id) !== undefined) return;
    if (this.#leased) throw new SessionOver();
    this.#leased = true;
    this.#lease(tables);
  }

  /**
   * Moves the lease's end on, and takes note of what others did to this session's ephemerals. A lease that ran out
   * without anybody noticing is simply renewed: nobody saw an ephemeral vanish.
   * @throws SessionOver
   */
  renew(tables: Tables): void {
    if (tables.leases.get(this.id) === undefined) throw new SessionOver();
    this.#lease(tables);
    for (const path of this.#held.keys()) {
      const node = tables.nodes.get(keyOf(path));
      if (node?.[3] === this.id) this.#held.set(path, node[0]);
      else this.#held.delete(path);
    }
  }

  /** Starts a new session in place of one that is over, with the same ephemerals. Returns whether it was over. */
  replace(tables: Tables): boolean {
    if (tables.leases.get(this.id) !== undefined) return false;
    this.#id = randomUUID();
    this.#lease(tables);
    const staging = new Staging(tables);
    for (const [path, value] of this.#held) {
      const isFree = staging.node(path) === undefined && staging.node(parentOf(path)) !== undefined;
      // Its parent went meanwhile, or somebody else took the name: it is not this session's any more.
      if (isFree) staging.stage({ kind: 'create', path, value, ephemeral: true }, this.id);
      else this.#held.delete(path);
    }
    staging.write();
    return true;
  }

  /** Ends the session: its ephemerals vanish. Returns whether there were any. */
  end(tables: Tables): boolean {
    return endSessions(tables, [this.id]);
  }

  /** Remembers the ephemerals among what this client has written. */
  changed(operations: readonly Operation[]): void {
    for (const operation of operations) {
      const { kind, path } = operation;
      if (kind === 'create' && operation.ephemeral === true) this.#held.set(path, operation.value);
      if (kind === 'set' && this.#held.has(path)) this.#held.set(path, operation.value);
      if (kind === 'remove') this.#held.delete(path);
    }
  }

  #lease(tables: Tables): void {
    void tables.leases.put(this.id, leaseFrom(instant(this.#clock), this.timeout));
  }
}
