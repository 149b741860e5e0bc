import type { Clock, Timer } from '../../platform/clock.js';
import type { SessionEvent } from '../coordinator.js';
import { lookAtIntervals } from '../full-look.js';
import { endSessions } from './leases.js';
import type { Requests } from './requests.js';
import { type Session, SessionOver } from './session.js';
import type { Store } from './store.js';
import { type Terms, tellBlocked } from './terms.js';

/** How often a client looks without having been told to, in milliseconds: it may not hear the doorbell, or a ring is lost. */
const LOOK_EVERY = 500;
const LOOK_EVERY_LISTENING = 1_000;

/**
 * When this client looks so late, or its turn to write came so late, in milliseconds, then others could not renew their
 * leases either, as where the whole machine stood still: they are given a while before it ends their sessions.
 */
const LATE = 2_000;

/** A client's own work while it is open: it renews its lease, ends other sessions that ran out, and looks. */
export class Vigil {
  readonly #store: Store;
  readonly #session: Session;
  readonly #requests: Requests;
  readonly #clock: Clock;
  readonly #fullLooks: { readonly random: () => number; readonly interval: number };
  readonly #listeners = new Set<(event: SessionEvent) => void>();
  readonly #ends: (() => void)[];
  #looking: Timer | undefined;
  #beating: Timer | undefined;
  #endFullLooks: () => void = () => undefined;
  #replacing: Promise<void> | undefined;
  #tidying: Promise<void> | undefined;
  /** Until when sessions that ran out are left alone, in the clock's monotonic milliseconds. */
  #patientUntil = Number.NEGATIVE_INFINITY;
  #ended = false;
  #isReplaced = false;

  /** @param fullLooks how often all that is observed is looked at again, in milliseconds */
  constructor(
    store: Store,
    session: Session,
    requests: Requests,
    terms: Terms,
    fullLooks: { readonly random: () => number; readonly interval: number },
  ) {
    this.#fullLooks = fullLooks;
    this.#store = store;
    this.#session = session;
    this.#requests = requests;
    this.#clock = terms.clock;
    this.#ends = [
      store.turn.onBlocked((blocker, waited) => tellBlocked(terms, blocker, waited)),
      store.own({
        id: () => (session.isLeased ? session.id : undefined),
        isEnded: (tables) => {
          if (!session.isEnded(tables)) return false;
          void this.replaceSession().catch(() => {});
          return true;
        },
      }),
    ];
  }

  /**
   * Continues the session `saved`, if that can be, and ends those that ran out; but whoever brings none need not be able
   * to write, and does not wait for it: no read shows what is over.
   */
  async begin(saved: string | undefined): Promise<void> {
    const isIdle = await this.#requests.read(({ tables }) => this.#store.overdue(tables).length === 0);
    if (saved !== undefined) await this.#tidy(saved);
    else if (!isIdle) void this.#requests.track(this.#tidy().catch(() => {}));
    if (this.#session.isLeased) this.beat();
    this.#lookLater();
    const { random, interval } = this.#fullLooks;
    this.#endFullLooks = lookAtIntervals(this.#clock, random, interval, () => this.#store.lookAtAll());
  }

  /** Renews the lease from now on, every third of its length. */
  beat(): void {
    if (this.#ended) return;
    this.#beating ??= this.#clock.after(this.#session.timeout / 3, () => {
      this.#beating = undefined;
      void this.#requests.track(this.#renew()).finally(() => this.beat());
    });
  }

  async #renew(): Promise<void> {
    try {
      await this.#requests.write('/', (tables) => this.#session.renew(tables));
    } catch (error) {
      // A store that cannot be written for the moment: the next beat tries again.
      if (error instanceof SessionOver) await this.replaceSession().catch(() => {});
    }
  }

  /** Starts a new session in place of the one that is over, with its ephemerals, and tells so; once for all callers. */
  replaceSession(): Promise<void> {
    this.#replacing ??= this.#replace().finally(() => {
      this.#replacing = undefined;
    });
    return this.#replacing;
  }

  async #replace(): Promise<void> {
    const isReplaced = await this.#requests.write('/', (tables) => this.#session.replace(tables));
    if (!isReplaced) return;
    this.#store.announce();
    this.#tell('expired');
  }

  #lookLater(): void {
    if (this.#ended) return;
    const pause = this.#store.isListening ? LOOK_EVERY_LISTENING : LOOK_EVERY;
    const due = this.#clock.monotonic() + pause;
    this.#looking = this.#clock.after(pause, () => {
      this.#lookLater();
      const now = this.#clock.monotonic();
      if (now > due + LATE) this.#patientUntil = now + this.#session.timeout / 2;
      this.#seeWhetherReplaced();
      const over = this.#store.lookFromTimeToTime();
      if (now < this.#patientUntil || over.length === 0) return;
      this.#tidying ??= this.#requests.track(this.#tidy().catch(() => {})).finally(() => {
        this.#tidying = undefined;
      });
    });
  }

  #seeWhetherReplaced(): void {
    if (this.#isReplaced || !this.#store.isReplaced()) return;
    this.#isReplaced = true;
    this.#tell('replaced');
  }

  #tell(event: SessionEvent): void {
    for (const listener of this.#listeners)
      queueMicrotask(() => this.#listeners.has(listener) && listener(event));
  }

  async #tidy(saved?: string): Promise<void> {
    const begun = this.#clock.monotonic();
    const haveVanished = await this.#requests.write('/', (tables) => {
      if (saved !== undefined) this.#session.resume(tables, saved);
      const now = this.#clock.monotonic();
      if (now > begun + LATE) {
        this.#patientUntil = now + this.#session.timeout / 2;
        return false;
      }
      return endSessions(tables, this.#store.overdue(tables));
    });
    if (haveVanished) this.#store.announce();
    // A process that let its lease run out may have been killed while it was reading.
    this.#store.forgetDeadReaders();
  }

  onSession(listener: (event: SessionEvent) => void): () => void {
    // One function may be registered twice, and is then removed one at a time.
    const told = (event: SessionEvent): void => listener(event);
    this.#listeners.add(told);
    return () => this.#listeners.delete(told);
  }

  end(): void {
    this.#ended = true;
    for (const end of this.#ends) end();
    this.#looking?.cancel();
    this.#beating?.cancel();
    this.#endFullLooks();
    this.#listeners.clear();
  }
}
