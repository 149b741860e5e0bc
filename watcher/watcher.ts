import type { Environment } from '../state/environments/environment.js';
import { pause } from '../state/platform/clock.js';
import type { Led, LedParts, Surroundings } from './contract/led.js';
import { Eye, type EyeOptions } from './eye.js';
import { type LedEnvironment, type LookedOnce, Passes } from './pass/passes.js';
import { type Polled, type PollLimits, pollLimits } from './polling/poll.js';
import { passOn, watchedByLeader } from './stand-by.js';
import { Poller, type PollState, type WatchedPlace } from './polling/poller.js';

export interface WatcherOptions extends Surroundings, Pick<EyeOptions, 'open'> {
  readonly environments: readonly Environment[];
  /** Milliseconds from one pass to the next. */
  readonly period: number;
  readonly version: string;
  /** How long a repository may take to answer. */
  readonly limits?: PollLimits;
  /** No pass is made by itself. */
  readonly once?: boolean;
  /** Told of each repository that was asked, how it answered, and of each pass, how many milliseconds it took. */
  readonly polled?: (outcome: Polled['outcome']) => void;
  readonly passed?: (ms: number) => void;
  readonly openParts: (led: Led) => Promise<LedParts>;
}

/** Milliseconds that one who looks once waits to lead: longer than the session of one that was killed. */
const PATIENCE = 15_000;

/** What comes of a look where this one does not lead any more. */
const NOBODY: LookedOnce = { asked: 0, unanswered: [], leftAlone: [] };

/** A watcher that runs. */
export interface Watcher {
  /** Looks at what this process leads by now, and resolves when that is over. */
  pass(): Promise<void>;
  /** Waits until it leads everywhere, and looks once. @throws WatcherElsewhere where another one leads on */
  once(): Promise<void>;
  /** Asks those repositories now, also where they are to be left alone because they failed. */
  check(which: (place: WatchedPlace) => boolean): Promise<LookedOnce>;
  /** How often repositories were asked since it began. */
  polls(): number;
  /**
   * The repositories that are watched in all of its environments, whoever leads there, as services remember them.
   * @returns undefined where not all of them are known yet
   */
  watched(): Promise<readonly string[] | undefined>;
  /** Has those who lead where this one stands by ask repositories now. @param keys as `repositoryKey` has them */
  passOn(keys: ReadonlySet<string>): Promise<void>;
  /** How it is with each repository of the last pass. */
  repositories(): readonly (PollState & { readonly location: string })[];
  /** The environments that this process watches where it leads, and those that it leads. */
  environments(): readonly string[];
  leads(): readonly string[];
  stop(): Promise<void>;
}

/** Watches environments: in each it stands for election, and looks once in each period at those that it leads. */
export function startWatcher(options: WatcherOptions): Watcher {
  const { environments, clock, period, log } = options;
  const closing = new AbortController();
  let early = new AbortController();
  const eyes = environments.map(
    (environment) =>
      new Eye({
        ...options,
        environment,
        leads: () => early.abort(),
        check: async (eye, which) => {
          const current = eye.current();
          return current === undefined ? NOBODY : passes.run([current], which);
        },
      }),
  );
  const led = (): readonly LedEnvironment[] => eyes.flatMap((eye) => eye.current() ?? []);
  const poller = new Poller({ ...options, limits: options.limits ?? pollLimits });
  const passes = new Passes({
    poller,
    clock,
    ...(options.passed !== undefined && { passed: options.passed }),
    patience: options.once === true ? Number.MAX_SAFE_INTEGER : period,
  });
  let running: Promise<unknown> | undefined;
  /** The leaderships that were looked at. */
  let looked: ReadonlySet<AbortSignal> = new Set();
  const passOnce = async (): Promise<void> => {
    const current = led();
    await passes.run(current);
    looked = new Set(current.map(({ over }) => over));
  };
  const pass = async (): Promise<void> => {
    running ??= passOnce().finally(() => {
      running = undefined;
    });
    await running;
  };
  const loop = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      early = new AbortController();
      await pass().catch((error: unknown) =>
        log.error('a pass failed, and the next one begins anew', { error }),
      );
      const signal = AbortSignal.any([closing.signal, early.signal]);
      await pause(clock, period, signal).catch(() => undefined);
    }
  };
  const ended = options.once === true ? Promise.resolve() : loop();
  return {
    pass,
    async once() {
      await Promise.all(eyes.map((eye) => eye.untilLeading(PATIENCE)));
      await pass();
    },
    leads: () => eyes.flatMap((eye) => (eye.current() === undefined ? [] : [eye.environment])),
    check: (which) => passes.run(led(), which),
    polls: () => poller.polls,
    async watched() {
      const own = (passes.places ?? []).map(({ location }) => location);
      const all = await Promise.all(
        eyes.map(async (eye): Promise<readonly string[] | undefined> => {
          const current = eye.current();
          if (current !== undefined) return looked.has(current.over) ? own : undefined;
          const coordinator = eye.standingBy();
          return coordinator && watchedByLeader(coordinator);
        }),
      );
      return all.every((each) => each !== undefined) ? [...new Set(all.flat())] : undefined;
    },
    async passOn(keys) {
      const coordinators = eyes.flatMap((eye) => eye.standingBy() ?? []);
      await Promise.all(coordinators.map((each) => passOn(each, keys, clock, closing.signal)));
    },
    repositories: () =>
      (passes.places ?? []).map(({ place, location }) => ({ location, ...poller.state(place) })),
    environments: () => environments.map(({ name }) => name),
    async stop() {
      closing.abort();
      poller.close();
      await running?.catch(() => undefined);
      await ended;
      await Promise.all(eyes.map((eye) => eye.close()));
    },
  };
}
