import { type Clock, pause, type Timer } from '../../platform/clock.js';
import { type Attachment, Connection } from './connection.js';
import { startHeartbeat } from './heartbeat.js';
import { Rotation } from './rotation.js';
import { isGranted, newSession, type SessionIdentity } from './saved-session.js';
import { type Server, serverName } from './url.js';
import { closeSessionCall, getCall, type NodeEvent } from './wire.js';

interface SessionOptions {
  readonly servers: readonly Server[];
  /** Milliseconds to ask the server for. */
  readonly timeout: number;
  /** The session of an earlier process, to be continued if it still lives. */
  readonly saved: SessionIdentity | undefined;
  readonly credentials: Buffer | undefined;
  /** True if the server behind a new connection, over which nothing was asked yet, is the one that the owner knows. */
  readonly recognise: ((connection: Connection) => Promise<boolean>) | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** The events that a session tells its owner, in the order in which they happen. */
interface SessionListener {
  /** The servers have not seen what this session has: they were set back to before, or set up anew. */
  older(): void;
  /** A connection stands. `replaced`: the session before was over, and this is a new one. */
  attached(connection: Connection, replaced: boolean): void;
  /** It is gone; another will follow, unless the session was closed. */
  detached(): void;
  notified(path: string, event: NodeEvent): void;
  drained(): void;
}

/** Milliseconds that ending the session may hold up `close()`. */
const FAREWELL = 2_000;
/** Milliseconds after which a connection is taken for a sound one. */
const SETTLED = 1_000;

/**
 * Owns the session: holds one connection at a time, replaces it by a new one with the same session on any doubt, and
 * the session by a new one when the server says that it is over. Runs from `start()` until `close()`.
 */
export class Session {
  readonly #rotation: Rotation;
  readonly #troubles = new Map<string, string>();
  readonly #former = new Set<bigint>();
  readonly #stop = new AbortController();
  #identity: SessionIdentity;
  #connection: Connection | undefined;
  #closed: Promise<void> | undefined;
  readonly #options: SessionOptions;
  readonly #listener: SessionListener;

  constructor(options: SessionOptions, listener: SessionListener) {
    this.#options = options;
    this.#listener = listener;
    this.#rotation = new Rotation(options.servers, options.random);
    this.#identity = options.saved ?? newSession(options.timeout);
  }

  start(): void {
    void this.#live();
  }

  /** Id, password and last transaction as of now. */
  get identity(): SessionIdentity {
    return this.#connection?.usable ? this.#connection.session : this.#identity;
  }

  /** The id as nodes name it who owns them. */
  get id(): bigint {
    return this.identity.id.readBigInt64BE();
  }

  /** True for the id of a session that this one replaced: what it owns is about to vanish. */
  isFormer(id: bigint): boolean {
    return this.#former.has(id);
  }

  /** Why there is no connection, or no answer over it: each server and what it did last. */
  trouble(): string {
    if (this.#connection?.usable) return `${serverName(this.#connection.server)} does not answer in time`;
    const troubles = [...this.#troubles].map(([server, trouble]) => `${server} ${trouble}`);
    return troubles.length > 0 ? troubles.join('; ') : 'no server has answered yet';
  }

  /** Ends the session, or with `keep` only its connection. Takes bounded time; never fails. */
  close(keep: boolean): Promise<void> {
    this.#closed ??= this.#end(keep);
    return this.#closed;
  }

  async #live(): Promise<void> {
    let replaced = false;
    let unanswered = false;
    let namesNone = false;
    while (!this.#stop.signal.aborted) {
      const { server, delay, limit, round } = this.#rotation.turn(this.#identity.timeout);
      if (delay > 0 && !(await this.#wait(delay))) return;
      // Every second round, as a server that does not serve yet ends a connection in the same way.
      namesNone ||= unanswered && round >= 2 && round % 2 === 0;
      const connection = this.#connect(server, namesNone);
      const attachment = await this.#attach(connection, limit);
      unanswered ||= attachment === 'unanswered';
      if (attachment === 'expired' && isGranted(this.#identity)) {
        this.#former.add(this.id);
        this.#identity = newSession(this.#options.timeout, this.#identity.zxid);
        this.#rotation.again();
        replaced = true;
      } else if (attachment === 'attached') {
        const served = await this.#serve(connection, replaced, namesNone);
        replaced &&= !served;
        unanswered = namesNone = false;
      } else {
        namesNone = false;
      }
      this.#troubles.set(serverName(server), await connection.gone);
    }
  }

  /** @param namesNone does not name the last transaction seen, which a server that has not seen it takes amiss */
  #connect(server: Server, namesNone: boolean): Connection {
    const connection = new Connection({
      server,
      session: namesNone ? { ...this.#identity, zxid: 0n } : this.#identity,
      credentials: this.#options.credentials,
      clock: this.#options.clock,
      notified: (path, event) => this.#listener.notified(path, event),
      drained: () => this.#listener.drained(),
    });
    this.#connection = connection;
    return connection;
  }

  async #attach(connection: Connection, limit: number): Promise<Attachment> {
    const reason = `did not answer within ${(limit / 1_000).toFixed(1)} s`;
    const deadline: Timer = this.#options.clock.after(limit, () => {
      this.#rotation.tooSlow();
      connection.drop(reason);
    });
    const attachment = await connection.attachment;
    deadline.cancel();
    return attachment;
  }

  /**
   * Resolves when the connection, which is attached, is gone.
   * @returns whether it was used: what it led to was recognised
   */
  async #serve(connection: Connection, replaced: boolean, namedNone: boolean): Promise<boolean> {
    const { clock } = this.#options;
    const { timeout } = connection.session;
    const since = clock.monotonic();
    const { zxid: seen } = this.#identity;
    this.#identity = { ...connection.session, zxid: seen };
    const stopHeartbeat = startHeartbeat(clock, timeout, connection, () => connection.drop('went mute'));
    if (namedNone) await this.#compare(connection, seen);
    const isUsed = await this.#isRecognised(connection);
    if (isUsed) this.#listener.attached(connection, replaced);
    else connection.drop('holds a state that is not the one known here');
    await connection.gone;
    stopHeartbeat();
    this.#identity = connection.session;
    // A server that takes sessions and drops them at once is treated like one that does not take them.
    if (isUsed && clock.monotonic() - since >= SETTLED) this.#rotation.settled();
    if (isUsed) this.#listener.detached();
    return isUsed;
  }

  /** Asks a server, to which no transaction was named, for its last one. */
  async #compare(connection: Connection, seen: bigint): Promise<void> {
    const answered = new Promise<void>((resolve) => connection.send(getCall('/', false), () => resolve()));
    await Promise.race([answered, connection.gone]);
    if (connection.usable && connection.session.zxid < seen) this.#listener.older();
  }

  async #isRecognised(connection: Connection): Promise<boolean> {
    const { recognise } = this.#options;
    if (recognise === undefined) return true;
    const gone = connection.gone.then(() => false);
    return Promise.race([recognise(connection).catch(() => false), gone]);
  }

  /** False when the session was closed meanwhile. */
  async #wait(delay: number): Promise<boolean> {
    try {
      await pause(this.#options.clock, delay, this.#stop.signal);
      return true;
    } catch {
      return false;
    }
  }

  async #end(keep: boolean): Promise<void> {
    this.#stop.abort();
    const connection = this.#connection;
    if (connection?.usable && !keep && isGranted(connection.session)) {
      const deadline = this.#options.clock.after(FAREWELL, () => connection.drop('did not answer'));
      connection.send(closeSessionCall(), () => connection.drop('was closed'));
      await connection.gone;
      deadline.cancel();
    }
    connection?.drop('was closed');
    await connection?.gone;
  }
}
