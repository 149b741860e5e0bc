import { readWatcherState, setWatcherState } from '../../control/watching/watcher-state.js';
import type { GitHeads } from '../../state/formula/repositories/git-fetch.js';
import { placeOf } from '../../state/formula/repositories/place.js';
import type { WatcherState } from '../../state/model/watcher.js';
import { type Clock, pause } from '../../state/platform/clock.js';
import { EnsembleError } from '../../state/platform/errors.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import type { LedParts, Pass } from '../contract/led.js';
import type { Poller, WatchedPlace } from '../polling/poller.js';
import { EnvironmentPass } from './environment-pass.js';
import { placeIn } from './records.js';
import { type Observed, type Shared, sharedPlaces } from './shared-places.js';

/** An environment that is led, with what works there. */
export type LedEnvironment = Pass & Pick<LedParts, 'parts'>;

/** What came of a look: repositories that were asked, and of these, those that did not answer yet. */
export interface LookedOnce {
  readonly asked: number;
  readonly unanswered: readonly string[];
  /** Those that were to be asked and were not, since their host said that it is asked too often. */
  readonly leftAlone: readonly string[];
}

/** When a look began: milliseconds since 1970, and since boot; and whether it is one at everything. */
interface Began {
  readonly now: number;
  readonly monotonic: number;
  readonly isAll: boolean;
}

/** Repositories that the state names as those that did not answer; where there are more, it says nothing of any. */
const MOST_UNANSWERED = 500;

interface PassesOptions {
  readonly poller: Poller;
  readonly clock: Clock;
  /** Milliseconds that a pass waits for repositories that do not answer; they go on beside the next one. */
  readonly patience: number;
  /** Told of a pass over everything that is over, and how many milliseconds it took. */
  readonly passed?: (ms: number) => void;
}

/**
 * Looks at all environments that are led, again and again. Each repository is asked once, however many services and
 * environments came from it; its services are looked at as soon as it answers, whatever others do.
 */
export class Passes {
  /** By the environment's name and the leadership, since what was seen under another one does not count. */
  readonly #known = new Map<string, EnvironmentPass>();

  /** The repositories of the last pass over everything; undefined before the first. */
  places: readonly WatchedPlace[] | undefined;
  /** The last end of a pass in each environment, and what parts do there, while that goes on. */
  readonly #finishing = new WeakMap<EnvironmentPass, Promise<void>>();
  readonly #parts = new WeakMap<EnvironmentPass, Promise<void>>();
  readonly #options: PassesOptions;

  constructor(options: PassesOptions) {
    this.#options = options;
  }

  /**
   * @param anyway repositories that are asked although they are to be left alone; all others are left alone then
   * @returns which of them answered, and which did not
   */
  async run(led: readonly LedEnvironment[], anyway?: (place: WatchedPlace) => boolean): Promise<LookedOnce> {
    const { poller, clock, patience } = this.#options;
    const isAll = anyway === undefined;
    const began = { now: clock.now(), monotonic: clock.monotonic(), isAll };
    const environments = await this.#observed(led);
    const places = sharedPlaces(environments);
    if (isAll) {
      poller.keep(new Set(places.map(({ place }) => place)));
      this.places = places;
    }
    const asked = places.filter((each) => anyway?.(each) !== false);
    const unanswered = new Set(asked.map(({ location }) => location));
    const leftAlone: string[] = [];
    const asking = Promise.all(
      asked.map(async (each) => {
        const isAsked = await this.#ask(each, !isAll);
        unanswered.delete(each.location);
        if (!isAsked) leftAlone.push(each.location);
      }),
    );
    const enough = new AbortController();
    try {
      await Promise.race([asking, pause(clock, patience, enough.signal)]);
    } finally {
      enough.abort();
    }
    // Those that were ended with the watcher said nothing, and a pass that is broken off is none.
    if (poller.isClosed) return { asked: 0, unanswered: [], leftAlone: [] };
    await Promise.all(
      environments.map(({ environment, places: own }) =>
        this.#finishInTurn(environment, [...own.keys()], began).catch((error: unknown) =>
          this.#failed(environment, error),
        ),
      ),
    );
    // One that stands by looks at nothing.
    if (isAll && environments.length > 0) this.#options.passed?.(clock.monotonic() - began.monotonic);
    return { asked: asked.length - leftAlone.length, unanswered: [...unanswered], leftAlone: [...leftAlone] };
  }

  async #observed(led: readonly LedEnvironment[]): Promise<readonly Observed[]> {
    const all = await Promise.all(
      led.map(async (each): Promise<readonly Observed[]> => {
        const environment = this.#environmentOf(each);
        try {
          const state = await readWatcherState(each.session.coordinator);
          if (state?.paused !== undefined) return [];
          await this.#restore(environment);
          return [{ environment, places: await environment.observe() }];
        } catch (error) {
          this.#failed(environment, error);
          return [];
        }
      }),
    );
    return all.flat();
  }

  /** A watcher that comes to lead goes on from what the one before it knew. */
  async #restore({ pass, records }: EnvironmentPass): Promise<void> {
    const { poller } = this.#options;
    for (const record of await records.read(pass)) {
      const { location, failures, outcome, until, lastOkAt } = record;
      const left = until === undefined ? 0 : Date.parse(until) - pass.clock.now();
      const lastOk = lastOkAt === undefined ? undefined : Date.parse(lastOkAt);
      const known = { failures, left, isLimited: outcome === 'rate-limited', lastOk };
      await poller.restore({ place: placeIn(record), location }, known);
    }
  }

  #environmentOf(led: LedEnvironment): EnvironmentPass {
    const { name } = led.session.environment;
    const known = this.#known.get(name);
    if (known?.pass.over === led.over) return known;
    const made = new EnvironmentPass(led);
    this.#known.set(name, made);
    return made;
  }

  /** @returns false where it was left alone */
  async #ask(shared: Shared, anyway: boolean): Promise<boolean> {
    const { poller } = this.#options;
    // A repository that is beyond all expectation keeps no other from being looked at.
    const asking = betweenFaults('watcher.poll', () => poller.ask(shared, anyway));
    const polled = await asking.catch((error: unknown) => {
      for (const { pass } of shared.environments)
        pass.log.error('a repository could not be asked', { repository: shared.location, error });
      return undefined;
    });
    if (polled === undefined) {
      if (poller.isHeldBack(shared.place))
        for (const environment of shared.environments)
          environment.leaveAlone(shared.place, poller.state(shared.place));
      return false;
    }
    await Promise.all(
      shared.environments.map((environment) =>
        environment
          .take(shared.place, polled, poller.state(shared.place))
          .catch((error: unknown) => this.#failed(environment, error)),
      ),
    );
    return true;
  }

  /** A look that somebody asked for ends beside the one that goes on by itself: both write the same nodes. */
  async #finishInTurn(environment: EnvironmentPass, places: readonly string[], began: Began): Promise<void> {
    const before = this.#finishing.get(environment);
    const finishing = (async (): Promise<void> => {
      await before?.catch(() => undefined);
      await this.#finish(environment, places, began);
    })();
    this.#finishing.set(environment, finishing);
    await finishing;
  }

  async #finish(environment: EnvironmentPass, places: readonly string[], began: Began): Promise<void> {
    const { pass } = environment;
    const { session, clock } = pass;
    const { patience } = this.#options;
    const ms = clock.monotonic() - began.monotonic;
    const { records } = environment;
    const fresh = began.isAll ? undefined : began.now;
    await betweenFaults('watcher.records', () => records.write(pass, places, fresh));
    // What else there is to do goes on beside the next pass, like a repository that does not answer.
    const parts = this.#parts.get(environment) ?? this.#passParts(environment);
    const enough = new AbortController();
    try {
      await Promise.race([parts, pause(clock, Math.max(0, patience - ms), enough.signal)]);
    } finally {
      enough.abort();
    }
    const lastPassAt = new Date(clock.now()).toISOString();
    await betweenFaults('watcher.passed', () =>
      setWatcherState(session.coordinator, [], {
        lastPassAt,
        lastPassMs: Math.round(ms),
        ...(began.isAll && askedSince(began.now, records.unansweredSince(places, began.now))),
      }),
    );
  }

  /** @returns what ends when all of them are done; asked again before that, the same */
  #passParts(environment: EnvironmentPass): Promise<void> {
    const going = this.#passEach(environment).finally(() => this.#parts.delete(environment));
    going.catch(() => undefined);
    this.#parts.set(environment, going);
    return going;
  }

  async #passEach({ pass }: EnvironmentPass): Promise<void> {
    const { log } = pass;
    for (const part of partsOf(pass))
      await part.pass({ ...pass, heads: (location) => this.#headsOf(location) }).catch((error: unknown) => {
        if (!(error instanceof EnsembleError)) throw error;
        log.error(`${part.name} failed, and is tried again in the next pass`, { error });
      });
  }

  #headsOf(location: string): GitHeads | undefined {
    const { poller } = this.#options;
    const place = placeOf(location);
    return poller.state(place).failures > 0 ? undefined : poller.repository(place)?.heads;
  }

  /** An environment that is away, or led by another one, keeps no other from being looked at. */
  #failed({ pass: { log, over, session } }: EnvironmentPass, error: unknown): void {
    if (!(error instanceof EnsembleError)) throw error;
    if (over.aborted) return;
    log.warning('an environment could not be looked at, and is in the next pass', {
      environment: session.environment.name,
      error,
    });
  }
}

/** What the state says of all repositories at once, as most records are not written for that alone. */
function askedSince(
  since: number,
  unanswered: readonly string[],
): Pick<WatcherState, 'askedSince' | 'unanswered'> {
  return unanswered.length > MOST_UNANSWERED
    ? {}
    : { askedSince: new Date(since).toISOString(), unanswered: [...unanswered] };
}

function partsOf(pass: Pass & Partial<Pick<LedParts, 'parts'>>): LedParts['parts'] {
  return pass.parts ?? [];
}
