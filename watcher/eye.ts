import { hostname } from 'node:os';
import { setWatcherState } from '../control/watching/watcher-state.js';
import type { Session } from '../control/session.js';
import type { Coordinator, CoordinatorOptions } from '../state/coordination/coordinator.js';
import { type Leadership, standForElection } from '../state/coordination/election.js';
import { openCoordinator } from '../state/coordination/open.js';
import { StateNotThere } from '../state/coordination/state-not-there.js';
import type { Environment } from '../state/environments/environment.js';
import { NotBootstrapped } from '../state/model/errors.js';
import { requireLayout } from '../state/model/layout.js';
import { paths } from '../state/model/paths.js';
import { ensureWatcherNodes } from '../state/model/watcher.js';
import { pause } from '../state/platform/clock.js';
import { EnsembleError } from '../state/platform/errors.js';
import { betweenFaults } from '../state/platform/fault-points.js';
import { openStorage } from '../state/storage/open.js';
import type { Storage } from '../state/storage/storage.js';
import { answerChecks } from './answer-checks.js';
import type { LookedOnce } from './pass/passes.js';
import type { WatchedPlace } from './polling/poller.js';
import { fencedCoordinator } from './fenced.js';
import { WatcherElsewhere } from './errors.js';
import type { Led, LedParts, Pass, Surroundings } from './contract/led.js';

/** What is led in one environment, and what works there. */
export interface Leading {
  readonly led: Led;
  readonly parts: LedParts;
  readonly checks: { close(): void };
}

export interface EyeOptions extends Surroundings {
  readonly environment: Environment;
  /** Milliseconds from one pass to the next. */
  readonly period: number;
  readonly version: string;
  /** Opens what works there while it is led. */
  readonly openParts: (led: Led) => Promise<LedParts>;
  /** Called when it comes to lead, so that it looks at once. */
  readonly leads: () => void;
  /** Asks repositories that this environment's services came from, at once. */
  readonly check: (eye: Eye, which: (place: WatchedPlace) => boolean) => Promise<LookedOnce>;
  readonly open?: (url: string, options?: CoordinatorOptions) => Promise<Coordinator>;
}

/** Milliseconds after which an environment that could not be opened is tried again. */
const TRYING_AGAIN = 5_000;

/** Milliseconds from one look at whether it leads to the next. */
const LOOKING_AGAIN = 50;

/** One environment that this process wants to watch: it leads there, or stands by until it does. */
export class Eye {
  readonly #closing = new AbortController();
  #leading: Leading | undefined;
  /** There while the environment is open, whoever leads there. */
  #coordinator: Coordinator | undefined;
  /** Why it does not even stand for election. */
  #failure: EnsembleError | undefined;
  readonly #ended: Promise<void>;
  readonly #options: EyeOptions;

  constructor(options: EyeOptions) {
    this.#options = options;
    this.#ended = this.#stand();
  }

  get environment(): string {
    return this.#options.environment.name;
  }

  /** Undefined while another one leads, or the environment is away. */
  current(): (Pass & LedParts) | undefined {
    const leading = this.#leading;
    if (leading === undefined || leading.led.over.aborted) return undefined;
    return { ...leading.led, ...leading.parts };
  }

  /** The state of the environment while another one leads there; undefined while this one does, or it is away. */
  standingBy(): Coordinator | undefined {
    return this.current() === undefined ? this.#coordinator : undefined;
  }

  /**
   * Resolves when it leads.
   * @param patience milliseconds
   * @throws WatcherElsewhere where another one leads all the while, or whatever keeps it from standing
   */
  async untilLeading(patience: number): Promise<void> {
    const { clock, environment } = this.#options;
    const until = clock.monotonic() + patience;
    while (this.current() === undefined) {
      if (this.#failure !== undefined) throw this.#failure;
      if (clock.monotonic() > until) throw new WatcherElsewhere({ environment: environment.name });
      await pause(clock, LOOKING_AGAIN);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#ended;
  }

  /** Opens the environment, again where that fails, and stands for election until it is closed. */
  async #stand(): Promise<void> {
    const { environment, clock, log } = this.#options;
    while (!this.#closing.signal.aborted) {
      try {
        await this.#within();
      } catch (error) {
        if (!(error instanceof EnsembleError)) throw error;
        this.#failure = error;
        log.error('an environment cannot be watched, and is tried again', {
          environment: environment.name,
          error,
        });
      }
      await pause(clock, TRYING_AGAIN, this.#closing.signal).catch(() => undefined);
    }
  }

  /** Resolves when it is closed, or the coordinator was taken away from under it. */
  async #within(): Promise<void> {
    const { environment, clock, random, log, open = openCoordinator } = this.#options;
    const coordinator = await open(environment.state, {
      clock,
      random,
      ...(environment.secret !== undefined && { secret: environment.secret }),
      mustBeThere: true,
    }).catch((error: unknown) => {
      if (!(error instanceof StateNotThere)) throw error;
      throw new NotBootstrapped({ environment: environment.name, directory: error.directory });
    });
    const done = new AbortController();
    const signal = AbortSignal.any([done.signal, this.#closing.signal]);
    let storage: Promise<Storage> | undefined;
    const session: Session = {
      environment,
      coordinator,
      choice: ` -e ${environment.name}`,
      storage: () => (storage ??= openStorage(environment.storage, { mustBeThere: true })),
    };
    try {
      await requireLayout(coordinator, environment.name);
      this.#failure = undefined;
      await ensureWatcherNodes(coordinator);
      this.#coordinator = coordinator;
      coordinator.onSession((event) => {
        if (event === 'replaced') done.abort();
      });
      const standing = standForElection(coordinator, paths.watcherElection, {
        name: `${hostname()}:${process.pid}:${random().toString(36).slice(2)}`,
        clock,
        random,
        failed: (error) => log.warning('cannot stand for election, and tries again', { error }),
        lead: (leadership) => void this.#lead(session, leadership),
      });
      log.info('stands by, to lead where nobody does', { environment: environment.name });
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve(), { once: true });
      });
      await standing.close();
    } finally {
      this.#coordinator = undefined;
      await this.#leave();
      (await storage?.catch(() => undefined))?.close();
      await coordinator.close();
    }
  }

  async #lead(session: Session, { guard, over, term }: Leadership): Promise<void> {
    const { clock, random, log, period, version, openParts, leads } = this.#options;
    try {
      await this.#leave();
      const fenced = { ...session, coordinator: fencedCoordinator(session.coordinator, guard) };
      const led = { session: fenced, guard, over, clock, random, log };
      const leader = {
        host: hostname(),
        pid: process.pid,
        version,
        period,
        since: new Date(clock.now()).toISOString(),
      };
      await betweenFaults('watcher.lead', () => setWatcherState(fenced.coordinator, [], leader));
      const parts = await openParts(led);
      const checks = answerChecks(led, (which) => this.#options.check(this, which));
      this.#leading = { led, parts, checks };
      log.info('watches', { environment: session.environment.name, term });
      leads();
    } catch (error) {
      if (!(error instanceof EnsembleError)) throw error;
      log.warning('does not come to lead', { environment: session.environment.name, error });
    }
  }

  async #leave(): Promise<void> {
    const leading = this.#leading;
    this.#leading = undefined;
    leading?.checks.close();
    await leading?.parts.close();
  }
}
