import type { Coordinator, Observation } from '../../state/coordination/coordinator.js';
import { NodeNotFound, VersionConflict } from '../../state/coordination/errors.js';
import { paths } from '../../state/model/paths.js';
import {
  queueDeliveries,
  removeDelivery,
  setDelivery,
  spentDeliveries,
  spentIn,
} from '../../state/model/watcher-deliveries.js';
import type { Delivery, NamedDelivery, StoredAnnouncement } from '../../state/model/watcher-delivery.js';
import { isDeposed, type WatcherWrite } from '../../state/model/watcher-reports.js';
import { type Clock, pause } from '../../state/platform/clock.js';
import { EnsembleError } from '../../state/platform/errors.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import { WatcherDeposed } from '../contract/errors.js';
import type { Sink } from '../sinks/sink.js';
import { afterFailure, dueIn, pauseAfter } from './after-attempt.js';
import { type Backlog, isWaiting, Line, sinkOf } from './line.js';

/** What a deliverer of one environment works with. */
export interface DelivererParts extends WatcherWrite {
  readonly environment: string;
  readonly sinks: readonly Sink[];
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Told of each try. */
  readonly tried: (event: Tried) => void;
  /** Told of what keeps it from its work; it tries again. */
  readonly failed: (error: EnsembleError) => void;
}

/** What came of a try. */
export interface Tried {
  readonly sink: string;
  readonly id: string;
  readonly outcome: 'delivered' | 'failed' | 'dead';
  readonly tries: number;
  readonly reason?: string;
}

/** Milliseconds after which the state is asked again that did not answer. */
const TRYING_AGAIN = 5_000;

/**
 * Delivers the announcements of one environment that are in line in its tree, each until its sink acknowledges it. Sinks
 * wait for no other: each has a loop of its own, which tries one announcement at a time, those first that were announced
 * first. A receiver that is away is tried by one of them, and the others wait with it. Begins at once; `close()` ends it,
 * with what is under way, and what was not acknowledged is delivered by whoever comes next.
 */
export class Deliverer {
  readonly #closing = new AbortController();
  readonly #running: Promise<unknown>;
  readonly #line: Line;
  #wake = new AbortController();
  /** What each sink's loop is at: `resting` while its receiver is left alone. */
  readonly #loops = new Map<string, 'busy' | 'idle' | 'resting'>();
  readonly #settling = new Set<() => void>();
  readonly #parts: DelivererParts;

  constructor(parts: DelivererParts) {
    this.#parts = parts;
    this.#line = new Line(parts.coordinator);
    this.#running = this.#run();
  }

  /**
   * Puts an announcement in line for each sink that takes it; when this resolves, it will be delivered.
   * @param by writes it
   */
  async announce(announcement: StoredAnnouncement, by: Coordinator = this.#parts.coordinator): Promise<void> {
    const { sinks, environment, clock } = this.#parts;
    const takers = sinks.filter((sink) => sink.takes(environment)).map(({ name }) => name);
    await queueDeliveries(
      { ...this.#parts, coordinator: by },
      announcement,
      takers,
      new Date(clock.now()).toISOString(),
    );
  }

  /** Resolves when all that is in line by now was tried, for whoever ends then. */
  async settled(): Promise<void> {
    for (const { name } of this.#parts.sinks)
      if (this.#loops.get(name) !== 'resting') this.#loops.set(name, 'busy');
    this.#lookAgain();
    await new Promise<void>((resolve) => {
      this.#settling.add(resolve);
      this.#closing.signal.addEventListener('abort', () => resolve(), { once: true });
      this.#mayBeSettled();
    });
  }

  #mayBeSettled(): void {
    if ([...this.#loops.values()].includes('busy')) return;
    for (const resolve of this.#settling) resolve();
    this.#settling.clear();
  }

  /** What is in line, as far as is known. */
  get backlog(): Backlog {
    return this.#line.backlog(this.#parts.sinks.map(({ name }) => name));
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const observations: Observation[] = [];
    try {
      const look = (): void => this.#lookAgain();
      observations.push(
        this.#parts.coordinator.observeChildren(paths.watcherDeliveries, look),
        // `ensemble watcher retry` writes it.
        this.#parts.coordinator.observe(paths.watcherDeliveries, look),
      );
      await Promise.all([...this.#parts.sinks.map((sink) => this.#serve(sink)), this.#tidy()]);
    } finally {
      for (const observation of observations) observation.close();
    }
  }

  #lookAgain(): void {
    this.#line.spoil();
    this.#wakeAll();
  }

  #wakeAll(): void {
    this.#wake.abort();
    this.#wake = new AbortController();
  }

  /** Delivers what is in line for one sink, one after the other. */
  async #serve(sink: Sink): Promise<void> {
    let restUntil = 0;
    let failures = 0;
    while (!this.#closing.signal.aborted) {
      const woken = this.#wake.signal;
      await this.#untilItWorks(() => this.#line.refresh());
      const { clock, random } = this.#parts;
      const next = this.#line.nextOf(sink.name, clock.now());
      const rest = restUntil - clock.monotonic();
      const wait = next === undefined ? undefined : Math.max(rest, dueIn(next.delivery, clock.now()));
      if (next === undefined || wait === undefined || wait > 0) {
        this.#loops.set(sink.name, rest > 0 ? 'resting' : 'idle');
        this.#mayBeSettled();
        // A receiver that rests is not woken by more for it.
        await this.#wait(wait, rest > 0 ? [] : [woken]);
        continue;
      }
      this.#loops.set(sink.name, 'busy');
      const attempt = await betweenFaults('watcher.deliver', () =>
        sink.deliver(next.delivery.announcement, this.#closing.signal),
      );
      // One that was broken off is nobody's failure.
      if (attempt.kind === 'failed' && this.#closing.signal.aborted) return;
      if (attempt.kind === 'acknowledged') {
        failures = 0;
        await betweenFaults('watcher.acknowledge', () =>
          this.#untilItWorks(() => this.#acknowledge(sink, next)),
        );
      } else {
        if (attempt.isAway) {
          failures += 1;
          restUntil = clock.monotonic() + Math.max(attempt.retryAfter ?? 0, pauseAfter(failures, random));
        }
        const after = afterFailure(next.delivery, attempt, sink, clock.now(), random);
        await this.#untilItWorks(() => this.#note(next, after));
      }
    }
  }

  async #acknowledge(sink: Sink, next: NamedDelivery): Promise<void> {
    const { nextAt: _, reason: __, ...delivery } = next.delivery;
    const tries = delivery.tries + 1;
    const lastAt = new Date(this.#parts.clock.now()).toISOString();
    await this.#unlessChanged(next, async () => {
      const after = { ...delivery, tries, lastAt, state: 'delivered' };
      this.#line.replace(next, await setDelivery(this.#parts, next, after));
    });
    // It is to be forgotten some day.
    this.#wakeAll();
    this.#parts.tried({ sink: sink.name, id: delivery.announcement.id, outcome: 'delivered', tries });
  }

  async #note(before: NamedDelivery, after: Delivery): Promise<void> {
    await this.#unlessChanged(before, async () => {
      this.#line.replace(before, await setDelivery(this.#parts, before, after));
    });
    const { sink, announcement, tries, reason = '' } = after;
    const outcome = after.state === 'dead' ? 'dead' : 'failed';
    this.#parts.tried({ sink, id: announcement.id, outcome, tries, reason });
  }

  /** Somebody else wrote it meanwhile, such as an operator who has it tried again: that stands. */
  async #unlessChanged({ name }: NamedDelivery, write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (error) {
      const isOther = error instanceof VersionConflict || error instanceof NodeNotFound;
      if (!isOther || error.path !== paths.watcherDelivery(name)) throw error;
      this.#line.spoil();
    }
  }

  /** Gives up what is for a sink that is named no more, and forgets what is spent. */
  async #tidy(): Promise<void> {
    const names = new Set(this.#parts.sinks.map(({ name }) => name));
    while (!this.#closing.signal.aborted) {
      const woken = this.#wake.signal;
      await this.#untilItWorks(async () => {
        await this.#line.refresh();
        for (const each of spentDeliveries(this.#line.all, this.#parts.clock.now())) {
          await this.#unlessChanged(each, () => removeDelivery(this.#parts, each));
          this.#line.replace(each, undefined);
        }
        for (const each of this.#line.all.filter((one) => !names.has(sinkOf(one)) && isWaiting(one)))
          await this.#note(each, {
            ...each.delivery,
            state: 'dead',
            reason: 'environments.yaml names no such sink',
          });
      });
      const now = this.#parts.clock.now();
      const spent = this.#line.all.filter(isDelivered).map(({ delivery }) => spentIn(delivery, now));
      await this.#wait(spent.length === 0 ? undefined : Math.max(1_000, Math.min(...spent)), [woken]);
    }
  }

  /**
   * Until it is closed: a state that is away is waited for. Another watcher that leads closes it. Tried once in any case, so that
   * what was acknowledged in that moment is noted, and not delivered again.
   */
  async #untilItWorks(work: () => Promise<void>): Promise<void> {
    do {
      try {
        await work();
        return;
      } catch (error) {
        if (error instanceof WatcherDeposed || isDeposed(error, this.#parts.guard)) {
          this.#closing.abort();
          return;
        }
        if (!(error instanceof EnsembleError)) throw error;
        this.#parts.failed(error);
        await this.#wait(TRYING_AGAIN, []);
      }
    } while (!this.#closing.signal.aborted);
  }

  /** @param ms for ever where it is undefined */
  async #wait(ms: number | undefined, woken: readonly AbortSignal[]): Promise<void> {
    const signal = AbortSignal.any([this.#closing.signal, ...woken]);
    await pause(this.#parts.clock, ms ?? Number.MAX_SAFE_INTEGER, signal).catch(() => undefined);
  }
}

const isDelivered = ({ delivery }: NamedDelivery): boolean => delivery.state === 'delivered';
