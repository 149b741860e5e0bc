import type { IndexJudge } from '../../state/formula/repositories/index-judge.js';
import type { Repository } from '../../state/formula/repositories/repository.js';
import type { Clock } from '../../state/platform/clock.js';
import { afterPoll, circuitOf, LONGEST_ASKED, NO_HISTORY, type PollHistory } from './back-off.js';
import { type Credential, credentialOf, hostOf } from './credential.js';
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
  /** Milliseconds since 1970, when it answered last. */
  readonly lastOk?: number | undefined;
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
  /** Milliseconds since 1970, when each answered last. */
  readonly #answered = new Map<string, number>();
  /** Places that are being asked; each ends when that is over. */
  readonly #inFlight = new Map<string, Promise<unknown>>();
  /** By host, and then by credential, until when whoever asks is to wait, in milliseconds since boot. */
  readonly #quotas = new Map<string, Map<string, number>>();
  /** By place, until when it is left alone for the sake of its quota, in milliseconds since boot. */
  readonly #heldBack = new Map<string, number>();
  /** By place: git is asked for it where its host limits anybody. */
  readonly #credentials = new Map<string, Promise<Credential>>();
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
      const until = await this.#limitOf(watched);
      if (until > this.#options.clock.monotonic()) {
        this.#heldBack.set(watched.place, until);
        return undefined;
      }
      return await this.#pollOnce(watched);
    } finally {
      this.#leavePlace();
    }
  }

  /**
   * Learns how it went with one while another process asked it, so that this one does not begin anew with a repository or a
   * host that is to be left alone. What this process knows by itself stands.
   * @param left milliseconds for which it is to be left alone
   * @param lastOk milliseconds since 1970
   */
  async restore(
    watched: WatchedPlace,
    {
      failures,
      left,
      isLimited,
      lastOk,
    }: {
      readonly failures: number;
      readonly left: number;
      readonly isLimited: boolean;
      readonly lastOk: number | undefined;
    },
  ): Promise<void> {
    if (lastOk !== undefined && !this.#answered.has(watched.place)) this.#answered.set(watched.place, lastOk);
    if (this.#histories.has(watched.place) || failures === 0) return;
    const now = this.#options.clock.monotonic();
    const until = left > 0 ? now + Math.min(left, LONGEST_ASKED) : 0;
    this.#histories.set(watched.place, { failures, until });
    if (isLimited && until > 0) await this.#limit(watched, until);
  }

  /** One as it answered last; undefined where it never did. */
  repository(place: string): Repository | undefined {
    return this.#known.get(place);
  }

  /** How it is with one. */
  state(place: string): PollState {
    const { clock } = this.#options;
    const history = this.#histories.get(place) ?? NO_HISTORY;
    const until = Math.max(history.until, this.#heldBack.get(place) ?? 0);
    const left = until - clock.monotonic();
    return {
      failures: history.failures,
      circuit: circuitOf({ ...history, until }, clock.monotonic()),
      ...(left > 0 && { until: Math.round(clock.now() + left) }),
      lastOk: this.#answered.get(place),
    };
  }

  /** True of one that is left alone although it did nothing: whoever asks with its credential is to wait. */
  isHeldBack(place: string): boolean {
    return (this.#heldBack.get(place) ?? 0) > this.#options.clock.monotonic();
  }

  /** Forgets those that nobody watches any more. */
  keep(places: ReadonlySet<string>): void {
    for (const map of [this.#histories, this.#known, this.#answered, this.#credentials, this.#heldBack])
      for (const place of map.keys()) if (!places.has(place)) map.delete(place);
  }

  /** Ends what is being asked, with all processes of it. */
  close(): void {
    this.#closing.abort();
    for (const go of this.#waiting.splice(0)) go();
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  #isDue({ place }: WatchedPlace, anyway: boolean): boolean {
    return anyway || (this.#histories.get(place)?.until ?? 0) <= this.#options.clock.monotonic();
  }

  /** Until when whoever asks with its credential is to wait, in milliseconds since boot; 0 where nobody is. */
  async #limitOf(watched: WatchedPlace): Promise<number> {
    const now = this.#options.clock.monotonic();
    const quotas = this.#quotas.get(hostOf(watched.location) ?? '');
    if (quotas === undefined || ![...quotas.values()].some((until) => until > now)) return 0;
    return quotas.get((await this.#credentialOf(watched)) ?? '') ?? 0;
  }

  async #limit(watched: WatchedPlace, until: number): Promise<void> {
    const host = hostOf(watched.location);
    const credential = await this.#credentialOf(watched);
    if (host === undefined || credential === undefined) return;
    const quotas = this.#quotas.get(host) ?? new Map<string, number>();
    this.#quotas.set(host, quotas.set(credential, until));
  }

  /** Undefined where there is no quota, and where that cannot be found out for now. What is not sure is not kept. */
  async #credentialOf({ place, location }: WatchedPlace): Promise<string | undefined> {
    const asked = this.#credentials.get(place) ?? credentialOf(location);
    this.#credentials.set(place, asked);
    const found = await asked.catch(() => undefined);
    if (found?.isSure !== true && this.#credentials.get(place) === asked) this.#credentials.delete(place);
    return found?.quota;
  }

  /** Undefined where it was ended with the watcher: that says nothing of the repository. */
  async #pollOnce(watched: WatchedPlace): Promise<Polled | undefined> {
    const { place, location, judge } = watched;
    const { clock, limits } = this.#options;
    this.polls += 1;
    this.#heldBack.delete(place);
    const known = this.#known.get(place);
    const polled = await poll(location, { clock, limits, known, judge, signal: this.#closing.signal });
    if (polled.outcome !== 'ok' && this.#closing.signal.aborted) return undefined;
    this.#options.polled?.(polled.outcome);
    const now = clock.monotonic();
    const failed = polled.outcome === 'ok' ? undefined : polled;
    const after = afterPoll(this.#histories.get(place) ?? NO_HISTORY, failed, { ...this.#options, now });
    const isLimited = polled.outcome === 'rate-limited';
    const history = isLimited
      ? { ...after, until: Math.max(after.until, now + this.#options.period) }
      : after;
    this.#histories.set(place, history);
    if (polled.outcome === 'ok') {
      this.#known.set(place, polled.repository);
      this.#answered.set(place, clock.now());
    }
    if (isLimited) await this.#limit(watched, history.until);
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
