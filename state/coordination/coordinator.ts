import type { Clock } from '../platform/clock.js';
import type { AccessDenied, CoordinatorUnreachable } from './errors.js';

/** A node of the state tree as it was read. */
export interface Node {
  /** JSON text; what it means is the model's business. */
  readonly value: string;
  /** 0 when created, one more with every set. */
  readonly version: number;
  readonly ephemeral: boolean;
}

/** One step of a transaction. `version`, where given, must be the node's current one. */
export type Operation =
  | { readonly kind: 'check'; readonly path: string; readonly version?: number }
  | {
      readonly kind: 'create';
      readonly path: string;
      readonly value: string;
      /** `once`: as long as this session, and not made again by it after an expiry. */
      readonly ephemeral?: boolean | 'once';
    }
  | { readonly kind: 'set'; readonly path: string; readonly value: string; readonly version?: number }
  | { readonly kind: 'remove'; readonly path: string; readonly version?: number };

/**
 * The session's changes. `disconnected`: requests wait. `connected`: they flow again, and ephemerals were kept.
 * `expired`: the coordinator took the session away; a new one stands and this session's ephemerals were recreated.
 * `older`: the coordinator has not seen what this client has seen of it: it was restored from a backup, or set up
 * anew.
 * `replaced`: somebody took the coordinator away from under this client, which sees nothing of the new one and must
 * be opened anew.
 */
export type SessionEvent = 'disconnected' | 'connected' | 'expired' | 'older' | 'replaced';

/** Access to nodes, where the environment's secret decides. */
export interface Protection {
  /**
   * Picks the nodes that are open: anybody may change them, or create and remove nodes in them, whatever the
   * secret. Nodes that are not there are none of them.
   * @throws AccessDenied for one that is another's
   */
  open(paths: readonly string[]): Promise<readonly string[]>;
  /**
   * Has these nodes belong to those who have the secret, and to nobody else.
   * @throws AccessDenied for the first that is not this client's to close, NodeNotFound
   */
  close(paths: readonly string[]): Promise<void>;
}

/** A running observation; `close()` ends it, after which its callback is not called again. */
export interface Observation {
  close(): void;
}

/**
 * The shared state tree: docs/architecture.md, “The state tree”. Two engines implement it and pass one conformance
 * suite: `zookeeper` and `embedded`.
 *
 * Paths are absolute, `/`-separated, without a trailing slash, relative to the environment's own root; the root itself
 * is `/` and always exists. Every call may throw `CoordinatorUnreachable` when the coordinator does not answer within
 * the bounded time it was opened with. A write whose connection breaks before its answer comes throws `OutcomeUnknown`:
 * it may have been applied, so the caller reads again and decides again. Reads are repeated silently instead.
 */
export interface Coordinator {
  /** The owner of the nodes; there only if the environment has a secret and the engine has access lists. */
  readonly protection?: Protection | undefined;

  /** The node, or undefined where there is none. */
  get(path: string): Promise<Node | undefined>;

  /**
   * The nodes at all these paths, in their order, each as `get` gives it; of very many for much less. They are looked
   * at in that order, and not at one moment.
   */
  getMany(paths: readonly string[]): Promise<readonly (Node | undefined)[]>;

  /** Names of the children, sorted; undefined where the node itself does not exist. */
  children(path: string): Promise<readonly string[] | undefined>;

  /**
   * Creates a node under an existing parent. An ephemeral one lives as long as this session, is recreated by it
   * after an expiry, and has no children.
   * @throws NodeExists, NodeNotFound (the parent), ValueTooLarge
   */
  create(path: string, value: string, options?: { readonly ephemeral?: boolean }): Promise<void>;

  /**
   * Replaces the value; with `version`, only if that is still the node's. Returns the new version.
   * @throws NodeNotFound, VersionConflict, ValueTooLarge
   */
  set(path: string, value: string, version?: number): Promise<number>;

  /** @throws NodeNotFound, VersionConflict, NodeNotEmpty */
  remove(path: string, version?: number): Promise<void>;

  /**
   * Applies all operations in their order, or none.
   * @throws the error of the first operation that does not apply, as the single calls do; ValueTooLarge when the
   *   whole does not fit one request
   */
  transaction(operations: readonly Operation[]): Promise<void>;

  /**
   * Calls `look` with the node's current value soon, and again after it changed, appeared or vanished. Changes that
   * come close together may be seen as one, but the last value is never missed, across connection loss and session
   * expiry too. `look` is never called with the same version of the same node twice in a row, and never again after
   * `close()`. Errors of `look` are the caller's bug and are not caught.
   */
  observe(path: string, look: (node: Node | undefined) => void): Observation;

  /** The same for the names of the node's children. Calls `look` only when the names differ from the last time. */
  observeChildren(path: string, look: (children: readonly string[] | undefined) => void): Observation;

  /** Registers a listener for session events; returns what removes it. */
  onSession(listener: (event: SessionEvent) => void): () => void;

  /**
   * The session as text for `CoordinatorOptions.session` of a later process of the same user, which then continues
   * it, ephemerals kept. It is a secret: it belongs in a file of mode 0600.
   */
  savedSession(): string;

  /**
   * Ends the session: its ephemerals vanish. With `keepSession` they stay until the session's own time runs out, for
   * the next process to continue. May be called at any time, also before a connection stood, and twice.
   */
  close(options?: { readonly keepSession?: boolean }): Promise<void>;
}

/** How a coordinator is opened, whichever it is. */
export interface CoordinatorOptions {
  /** The environment's shared secret; with it, every node is readable and writable only to those who have it. */
  readonly secret?: string;
  /** How long the session outlives its process, in milliseconds. Default 10,000. */
  readonly sessionTimeout?: number;
  /**
   * How long one request waits for the coordinator, in milliseconds; then it throws `CoordinatorUnreachable`.
   * Default 10,000, right for a command; an agent waits for ever (`Infinity`).
   */
  readonly requestTimeout?: number;
  /** The text that `savedSession()` of an earlier process gave. A new session silently replaces an expired one. */
  readonly session?: string;
  /**
   * Asked before anything is read or written, of each connection anew, with what reads a node over it: a coordinator
   * that was restored or set up anew comes back as if it had only been away. One that is not recognised is not used; it
   * is asked again after a while. So is one for which it throws; where that is when it is opened, opening may throw it.
   */
  readonly recognise?: (get: (path: string) => Promise<Node | undefined>) => Promise<boolean>;
  /**
   * How often all that is observed is read again although nothing was heard of it, in milliseconds, a quarter more or
   * less: so long a lost event keeps observers waiting. Default 300,000; `Infinity` never.
   */
  readonly fullLook?: number;
  /**
   * Told of who keeps this client from writing, once it has waited for five seconds and each minute after that; with
   * undefined when writes go on. Of the embedded engine only: a ZooKeeper that is away is told by `onSession`.
   */
  readonly blocked?: (by: CoordinatorUnreachable | undefined) => void;
  /**
   * Refuses a state that is not there, in the place of making an empty one: one that was moved, or whose disk is not
   * mounted. Of the embedded engine only: a ZooKeeper makes nothing unasked. With `recognise`, an agent waits for it as
   * long as that says false.
   */
  readonly mustBeThere?: boolean;
  /** Told once of each path that is observed and must not be read; it is tried again every few seconds. */
  readonly refused?: (error: AccessDenied) => void;
  readonly clock?: Clock;
  /** Uniform in [0, 1); for the order of servers and for back-off. */
  readonly random?: () => number;
}
