import type { Clock, Timer } from '../../platform/clock.js';
import { OutcomeUnknown } from '../errors.js';
import type { Connection, Reply } from './connection.js';
import type { Call } from './protocol.js';

/** How a call is to be treated. */
export interface RequestOptions {
  /** For messages. */
  readonly path: string;
  /** True for a call that can be sent again when its answer was lost: reads, and writes whose author looks himself. */
  readonly repeatable: boolean;
  /** Waits as long as it takes, whatever the request timeout. */
  readonly patient?: boolean;
  /** Goes before everything that waits. */
  readonly urgent?: boolean;
}

/** A reply and which connection, counted from 1, brought it. */
export interface Answer<T> {
  readonly reply: Reply<T>;
  readonly epoch: number;
}

interface Entry {
  readonly options: RequestOptions;
  readonly deadline: number;
  settled: boolean;
  sent: boolean;
  send(connection: Connection): void;
  reject(error: Error): void;
}

/**
 * Requests sent and not yet answered, at most. Enough to keep a server busy over a slow line, and less than the 1,000
 * at which it begins to hold a connection back (zookeeper.globalOutstandingLimit).
 */
const WINDOW = 512;

/** Codes of requests which the server did not apply, because the session was not its own to serve. */
const NOT_APPLIED: ReadonlySet<number> = new Set([-4, -112, -118]);

/** Holds requests until a connection stands, sends them in order, and decides what becomes of those it loses. */
export class Requests {
  #connection: Connection | undefined;
  #epoch = 0;
  #urgent: Entry[] = [];
  #waiting: Entry[] = [];
  /** How many of the waiting were taken: shifting a long array is slow. */
  #taken = 0;
  #returned: Entry[] = [];
  #flying = new Set<Entry>();
  #timed = new Set<Entry>();
  #timer: Timer | undefined;
  #closed: Error | undefined;
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #unanswered: () => Error;

  /** @param unanswered makes the error of a request that got no answer in time */
  constructor(clock: Clock, timeout: number, unanswered: () => Error) {
    this.#clock = clock;
    this.#timeout = timeout;
    this.#unanswered = unanswered;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** @throws OutcomeUnknown, or the error that `unanswered` made */
  call<T>(call: Call<T>, options: RequestOptions): Promise<Answer<T>> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      const entry: Entry = {
        options,
        deadline: options.patient ? Number.POSITIVE_INFINITY : this.#clock.monotonic() + this.#timeout,
        settled: false,
        sent: false,
        reject,
        send: (connection) => {
          const epoch = this.#epoch;
          connection.send(call, (reply) => {
            this.#flying.delete(entry);
            if (!reply.ok && NOT_APPLIED.has(reply.err)) {
              this.#putBack(entry);
            } else if (!entry.settled) {
              this.#settle(entry);
              resolve({ reply, epoch });
            }
            // Requests behind a returned one get the same answer; dropping before would leave their outcome unknown.
            if (this.#returned.length > 0 && this.#flying.size === 0) {
              connection.drop('no longer serves the session');
            }
            this.#pump();
          });
        },
      };
      this.#wait(entry);
      this.#pump();
    });
  }

  /** Requests flow over this connection from now on. */
  attach(connection: Connection): void {
    this.#epoch += 1;
    this.#connection = connection;
    this.#pump();
  }

  /** The connection is gone: what can be sent again waits for the next, in its old order; the rest is unknown. */
  detach(): void {
    this.#connection = undefined;
    const again = this.#returned;
    for (const entry of this.#flying) {
      if (entry.settled) continue;
      if (entry.options.repeatable) {
        entry.sent = false;
        again.push(entry);
      } else {
        this.#fail(entry, new OutcomeUnknown({ path: entry.options.path }));
      }
    }
    this.#flying.clear();
    this.#returned = [];
    this.#waiting = [...again, ...this.#waiting.slice(this.#taken)];
    this.#taken = 0;
    if (this.#closed !== undefined) this.refuse(this.#closed);
  }

  /** More can be sent. */
  drained(): void {
    this.#pump();
  }

  /** Refuses what waits and everything to come; what is under way is still answered. */
  refuse(error: Error): void {
    this.#closed ??= error;
    const refused = [...this.#urgent, ...this.#waiting.slice(this.#taken)];
    this.#urgent = [];
    this.#waiting = [];
    this.#taken = 0;
    for (const entry of refused) this.#fail(entry, error);
  }

  #wait(entry: Entry): void {
    (entry.options.urgent ? this.#urgent : this.#waiting).push(entry);
    if (Number.isFinite(entry.deadline)) {
      this.#timed.add(entry);
      this.#timer ??= this.#clock.after(this.#timeout, () => this.#expire());
    }
  }

  #pump(): void {
    const connection = this.#connection;
    while (connection?.usable && connection.flowing && this.#flying.size < WINDOW) {
      const entry = this.#urgent.shift() ?? this.#take();
      if (entry === undefined) return;
      if (!entry.settled) {
        entry.sent = true;
        this.#flying.add(entry);
        entry.send(connection);
      }
    }
  }

  #take(): Entry | undefined {
    const entry = this.#waiting[this.#taken];
    this.#taken += 1;
    if (this.#taken >= this.#waiting.length) {
      this.#waiting = [];
      this.#taken = 0;
    }
    return entry;
  }

  /** The session is served elsewhere: nothing more goes this way, and the request waits for the next connection. */
  #putBack(entry: Entry): void {
    this.#connection = undefined;
    entry.sent = false;
    this.#returned.push(entry);
  }

  #settle(entry: Entry): void {
    entry.settled = true;
    this.#timed.delete(entry);
    if (this.#timed.size === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
    }
  }

  #fail(entry: Entry, error: Error): void {
    if (!entry.settled) {
      this.#settle(entry);
      entry.reject(error);
    }
  }

  /** All deadlines are equally far from their requests, so the oldest comes first. */
  #expire(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    for (const entry of this.#timed) {
      if (entry.deadline > now) {
        this.#timer = this.#clock.after(entry.deadline - now, () => this.#expire());
        return;
      }
      const unknown = entry.sent && !entry.options.repeatable;
      this.#fail(entry, unknown ? new OutcomeUnknown({ path: entry.options.path }) : this.#unanswered());
    }
  }
}
