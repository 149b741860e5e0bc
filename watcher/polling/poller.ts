import type { IndexJudge } from '../../state/formula/repositories/index-judge.js';
import type { Repository } from '../../state/formula/repositories/repository.js';
import type { Clock } from '../../state/platform/clock.js';
import { afterPoll, circuitOf, NO_HISTORY, type PollHistory } from './back-off.js';
import { credentialOf } from './credential.js';
import { poll, type PollLimits, type Polled } from './poll.js';

/** A repository that is watched, by the common form of all spellings of its place. */
export interface WatchedPlace {
  readonly place: string;
  /** As the services remember it: how it is asked. */
  readonly location: string;
  /** Looks at its index before that is believed, for each environment whose services came from there. */
  readonly judge?: IndexJudge | undefined;
}

/** How it is with a repository, for the state. */
export interface PollState {
  readonly failures: number;
  readonly circuit: 'closed' | 'open' | 'half-open';
  /** Milliseconds since 1970, before which it is left alone. */
  readonly until?: number | undefined;
}

interface PollerOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Milliseconds from one pass to the next. */
  readonly period: number;
  readonly limits: PollLimits;
  /** Told how one answered. */
  readonly polled?: (outcome: Polled['outcome']) => void;
  /** Repositories that are asked at the same time. */
  readonly atOnce?: number;
}

/** Repositories that are asked at the same time. */
const AT_ONCE = 8;

/**
 * Asks repositories: each once at a time, so many at once, and none that is to be left alone. One that hangs takes one of the
 * places until its time is over, and delays nobody else.
 */
export class Poller {
  readonly #histories = new Map<string, PollHistory>();
  readonly #known = new Map<string, Repository>();
  /** Places that are being asked; each ends when that is over. */
  readonly #inFlight = new Map<string, Promise<unknown>>();
  /** Until when whoever asks a host with our credential is to wait, in milliseconds since boot. */
  readonly #quotas = new Map<string, number>();
  readonly #waiting: (() => void)[] = [];
  #free: number;
  readonly #closing = new AbortController();
  /** Polls since it began. */
  polls = 0;
  readonly #options: PollerOptions;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#free = options.atOnce ?? AT_ONCE;
  }

  /**
   * Asks one, as soon as there is a place; undefined where it is being asked already, or to be left alone for now.
   * @param anyway as when somebody asks for it: also where it is to be left alone because of its failures, and once more where
   *   it is being asked
   */
  async ask(watched: WatchedPlace, anyway = false): Promise<Polled | undefined> {
    const { place } = watched;
    // Who asks for it wants an answer of now, and not of when the one under way was asked.
    while (anyway && this.#inFlight.has(place)) await this.#inFlight.get(place);
    if (this.#inFlight.has(place) || !this.#isDue(watched, anyway)) return undefined;
    const asking = this.#askInTurn(watched, anyway).finally(() => this.#inFlight.delete(place));
    this.#inFlight.set(
      place,
      asking.catch(() => undefined),
    );
    return asking;
  }

  async #askInTurn(watched: WatchedPlace, anyway: boolean): Promise<Polled | undefined> {
    await this.#takePlace();
    try {
      // What others were told meanwhile holds for this one too.
      if (this.#closing.signal.aborted || !this.#isDue(watched, anyway)) return undefined;
      return await this.#pollOnce(watched);
    } finally {
      this.#leavePlace();
    }
  }

  /** One as it answered last; undefined where it never did. */
  repository(place: string): Repository | undefined {
    return this.#known.get(place);
  }

  /** How it is with one. */
  state(place: string): PollState {
    const { clock } = this.#options;
    const history = this.#histories.get(place) ?? NO_HISTORY;
    const left = history.until - clock.monotonic();
    return {
      failures: history.failures,
      circuit: circuitOf(history, clock.monotonic()),
      ...(left > 0 && { until: Math.round(clock.now() + left) }),
    };
  }

  /** Forgets those that nobody watches any more. */
  keep(places: ReadonlySet<string>): void {
    for (const map of [this.#histories, this.#known])
      for (const place of map.keys()) if (!places.has(place)) map.delete(place);
  }

  /** Ends what is being asked, with all processes of it. */
  close(): void {
    this.#closing.abort();
    for (const go of this.#waiting.splice(0)) go();
  }

  #isDue({ place, location }: WatchedPlace, anyway: boolean): boolean {
    const now = this.#options.clock.monotonic();
    const quota = this.#quotas.get(credentialOf(location) ?? '') ?? 0;
    return quota <= now && (anyway || (this.#histories.get(place)?.until ?? 0) <= now);
  }

  async #pollOnce({ place, location, judge }: WatchedPlace): Promise<Polled> {
    const { clock, limits } = this.#options;
    this.polls += 1;
    const known = this.#known.get(place);
    const polled = await poll(location, { clock, limits, known, judge, signal: this.#closing.signal });
    this.#options.polled?.(polled.outcome);
    const now = clock.monotonic();
    const failed = polled.outcome === 'ok' ? undefined : polled;
    const history = afterPoll(this.#histories.get(place) ?? NO_HISTORY, failed, { ...this.#options, now });
    this.#histories.set(place, history);
    if (polled.outcome === 'ok') this.#known.set(place, polled.repository);
    if (polled.outcome === 'rate-limited') {
      const credential = credentialOf(location);
      const until = Math.max(history.until, now + this.#options.period);
      if (credential !== undefined) this.#quotas.set(credential, until);
    }
    return polled;
  }

  async #takePlace(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leavePlace(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}
