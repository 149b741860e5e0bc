import { connect, type Socket } from 'node:net';
import type { Clock } from '../../platform/clock.js';
import { Frames } from './frames.js';
import { type Call, XID } from './protocol.js';
import type { SessionIdentity } from './saved-session.js';
import type { Server } from './url.js';
import {
  authFrame,
  connectFrame,
  decodeConnect,
  decodeHeader,
  decodeNotification,
  type NodeEvent,
  pingFrame,
  stamp,
} from './wire.js';

/** The server's answer to a call: its error code, and the decoded answer if that is 0. */
export type Reply<T> =
  | { readonly ok: true; readonly err: 0; readonly value: T }
  | { readonly ok: false; readonly err: number };

/**
 * How a connection's attempt to attach to its session ended. `unanswered`: the server took the connection and closed it
 * without a word, as one does that does not serve yet, and one that has not seen the transaction that was named to it.
 */
export type Attachment = 'attached' | 'expired' | 'unanswered' | 'failed';

interface ConnectionOptions {
  readonly server: Server;
  readonly session: SessionIdentity;
  /** `name:secret`; shown to the server before any request. */
  readonly credentials: Buffer | undefined;
  readonly clock: Clock;
  /** A watch on this node, a full path, has fired. */
  readonly notified: (path: string, event: NodeEvent) => void;
  /** The socket takes data again after `send` had filled its buffer. */
  readonly drained: () => void;
  /** Number of the first request, 1 unless told otherwise. */
  readonly firstXid?: number;
}

interface Awaited {
  readonly xid: number;
  settle(err: number, frame: Buffer): void;
}

/** Explains a silent end, where a transaction was named to the server. */
const OR_OLDER = ': it does not serve yet, or was set back to before what was seen of it';

const LARGEST_XID = 0x7fff_ffff;
const AUTH_FAILED = -115;

/**
 * One TCP connection to one server, for one session, used once: it attaches, carries requests, and on any doubt is
 * dropped and never comes back. It has no queue, no timers and no second try; those are the session's.
 */
export class Connection {
  /** Resolves once with how attaching ended. */
  readonly attachment: Promise<Attachment>;
  /** Resolves once with why the connection is over, in an operator's words. */
  readonly gone: Promise<string>;
  /** Monotonic milliseconds when the server was last heard, and when something was last sent to it. */
  heardAt: number;
  sentAt: number;

  readonly #socket: Socket;
  readonly #awaited: Awaited[] = [];
  #session: SessionIdentity;
  #xid: number;
  #usable = false;
  #over = false;
  #gathering = false;
  #attachEnds: (attachment: Attachment) => void = () => {};
  #goneBecause: (reason: string) => void = () => {};
  readonly #options: ConnectionOptions;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { server, session, clock } = options;
    this.#session = session;
    this.#xid = (options.firstXid ?? 1) - 1;
    this.heardAt = this.sentAt = clock.monotonic();
    this.attachment = new Promise((resolve) => {
      this.#attachEnds = resolve;
    });
    this.gone = new Promise((resolve) => {
      this.#goneBecause = resolve;
    });
    const frames = new Frames((frame) => this.#receive(frame));
    this.#socket = connect({ host: server.host, port: server.port, noDelay: true });
    let isAsked = false;
    this.#socket.on('connect', () => {
      isAsked = true;
      this.#socket.write(connectFrame(session));
    });
    this.#socket.on('drain', options.drained);
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      if (!isAsked || this.#usable || error.code !== 'ECONNRESET') this.drop(socketTrouble(error));
    });
    this.#socket.on('close', () => {
      if (this.#usable) this.drop('closed the connection');
      else
        this.drop(
          `closed the connection without an answer${session.zxid > 0n ? OR_OLDER : ''}`,
          'unanswered',
        );
    });
    this.#socket.on('data', (piece) => {
      this.heardAt = clock.monotonic();
      try {
        frames.push(piece);
      } catch {
        this.drop('sent what is not ZooKeeper’s protocol');
      }
    });
  }

  get server(): Server {
    return this.#options.server;
  }

  /** The session as the server granted it, with the last transaction seen. */
  get session(): SessionIdentity {
    return this.#session;
  }

  /** True while requests can be sent. */
  get usable(): boolean {
    return this.#usable;
  }

  /** True while the socket takes data without holding more of it in memory. */
  get flowing(): boolean {
    return !this.#socket.writableNeedDrain;
  }

  /** Requests sent whose answers have not come. */
  get inFlight(): number {
    return this.#awaited.length;
  }

  /** Sends a call; only while `usable`. `done` is not called when the connection goes before the answer comes. */
  send<T>(call: Call<T>, done: (reply: Reply<T>) => void): void {
    this.#xid = this.#xid === LARGEST_XID ? 1 : this.#xid + 1;
    const xid = this.#xid;
    stamp(call.bytes, xid);
    this.#awaited.push({
      xid,
      settle: (err, frame) =>
        done(err === 0 ? { ok: true, err, value: call.decode(frame) } : { ok: false, err }),
    });
    this.#write(call.bytes);
  }

  ping(): void {
    this.#write(pingFrame());
  }

  /** Ends the connection at once, from whatever state. The session stays. */
  drop(reason: string, attachment: Attachment = 'failed'): void {
    if (this.#over) return;
    this.#over = true;
    this.#usable = false;
    this.#socket.destroy();
    this.#attachEnds(attachment);
    this.#goneBecause(reason);
  }

  /**
   * Gathers what is sent in one go and hands it to the system together: handing over takes longer than making a
   * request.
   */
  #write(bytes: Buffer): void {
    this.sentAt = this.#options.clock.monotonic();
    if (!this.#gathering) {
      this.#gathering = true;
      this.#socket.cork();
      process.nextTick(() => {
        this.#gathering = false;
        this.#socket.uncork();
      });
    }
    this.#socket.write(bytes);
  }

  #receive(frame: Buffer): void {
    if (this.#over) return;
    if (!this.#usable) {
      this.#attach(frame);
      return;
    }
    const { xid, zxid, err } = decodeHeader(frame);
    switch (xid) {
      case XID.ping:
        return;
      case XID.notification: {
        const { path, event } = decodeNotification(frame);
        this.#options.notified(path, event);
        return;
      }
      case XID.auth:
        if (err === AUTH_FAILED) this.drop('does not accept digest credentials');
        return;
      default:
        if (zxid > this.#session.zxid) this.#session = { ...this.#session, zxid };
        this.#settle(xid, err, frame);
    }
  }

  #attach(frame: Buffer): void {
    const granted = decodeConnect(frame);
    if (granted === undefined) {
      this.#attachEnds('expired');
      this.drop('said that the session is over');
      return;
    }
    this.#session = { ...granted, zxid: this.#session.zxid };
    this.#usable = true;
    if (this.#options.credentials !== undefined) this.#write(authFrame(this.#options.credentials));
    this.#attachEnds('attached');
  }

  #settle(xid: number, err: number, frame: Buffer): void {
    const next = this.#awaited.shift();
    if (next === undefined || next.xid !== xid) throw new RangeError('an answer to no request');
    next.settle(err, frame);
  }
}

function socketTrouble(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'refused the connection';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'closed the connection';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'has a name that cannot be resolved';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'has no route to it';
    case 'ETIMEDOUT':
      return 'did not answer';
    default:
      return `failed with ${error.code ?? 'a network error'}`;
  }
}
