import { indexJudge } from '../../control/repositories/index-judge.js';
import { withTrust } from '../../control/repositories/with-trust.js';
import type { Opened } from '../../control/newer/find-newer.js';
import { mapBounded } from '../../state/formula/concurrency.js';
import type { JudgedIndex } from '../../state/formula/repositories/index-judge.js';
import type { Repository } from '../../state/formula/repositories/repository.js';
import type { Problem } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { policyOf } from '../../state/model/upgrade-policy.js';
import { EnsembleError } from '../../state/platform/errors.js';
import type { Pass } from '../contract/led.js';
import { sentence } from '../contract/log.js';
import type { Polled } from '../polling/poll.js';
import type { PollState } from '../polling/poller.js';
import { type Answer, answerOf } from './answer.js';
import { judgeService } from './judge-service.js';
import { NotAsJudged } from './judged-service.js';
import { observeService, observeServices, type ObservedService } from './observe.js';
import { type FailedLook, reportFailures, reportLook, reportRepository } from './pass-reports.js';
import { Records } from './records.js';

/** Services that are looked at at the same time. */
const AT_ONCE = 16;
/** Milliseconds after which a service is looked at again, whatever is the same; up to a quarter more. */
const AGAIN = 300_000;
/** Milliseconds after which something that failed is tried again, doubled with each failure, and the most. */
const RETRY = { first: 60_000, most: 6 * 3_600_000 } as const;
/** Looks at a service that becomes another in the middle of each; the next pass looks again. */
const MOST_TRIES = 5;

/** What was looked at last of a service. */
interface Looked {
  readonly life: string | undefined;
  readonly version: number;
  readonly opened: Opened;
  /** Milliseconds since boot, before which nothing of it is looked at unless something changes. */
  readonly again: number;
  readonly failures: number;
}

/** One environment from pass to pass. */
export class EnvironmentPass {
  readonly records = new Records();
  readonly #looked = new Map<string, Looked>();
  /** The last look at each service, while it goes on. */
  readonly #looking = new Map<string, Promise<void>>();
  readonly #trusted = new WeakMap<Repository, Repository>();
  #services: readonly ObservedService[] = [];
  #told = new Set<string>();
  /** Why this environment does not believe an index, by place. */
  readonly #refused = new Map<string, string>();

  constructor(readonly pass: Pass) {}

  /** Reads the services anew. @returns the places that they came from, with how each is spelled */
  async observe(): Promise<ReadonlyMap<string, string>> {
    const { coordinator } = this.pass.session;
    const problems: Problem[] = [];
    const [all, fingerprints] = await Promise.all([
      observeServices(coordinator, problems),
      coordinator.children(paths.watcherFingerprints),
    ]);
    for (const problem of problems)
      this.pass.log.warning('a node cannot be read, and is left alone', { ...problem });
    this.#services = all.filter(({ service }) => policyOf(service.policy).mode !== 'off');
    this.#told = new Set(fingerprints ?? []);
    await this.#forget(new Set(all.map(({ name }) => name)));
    return new Map(this.#services.map(({ place, service }) => [place, service.repository.path]));
  }

  /** A service that is gone takes along what was told of it. */
  async #forget(present: ReadonlySet<string>): Promise<void> {
    for (const name of this.#looked.keys()) if (!present.has(name)) this.#looked.delete(name);
    for (const name of this.#told)
      if (!present.has(name))
        await this.pass.session.coordinator.remove(paths.watcherFingerprint(name)).catch((error: unknown) => {
          if (!(error instanceof EnsembleError)) throw error;
        });
  }

  /** Tells why this environment does not believe an index, for its services alone; undefined where it believes any. */
  judgeOf(place: string): ((index: JudgedIndex) => Promise<EnsembleError | undefined>) | undefined {
    const judge = indexJudge(this.pass.session);
    if (judge === undefined) return undefined;
    return async (index) => {
      try {
        await judge(index);
        this.#refused.delete(place);
        return undefined;
      } catch (error) {
        if (!(error instanceof EnsembleError)) throw error;
        this.#refused.set(place, sentence(error));
        return error;
      }
    };
  }

  /** A repository answered, or did not: all services that came from there are looked at. */
  async take(place: string, polled: Polled, state: PollState): Promise<void> {
    const own = this.#services.filter((each) => each.place === place);
    const [first] = own;
    if (first === undefined) return;
    const opened = this.#open(place, polled);
    const answer = answerOf(polled, opened, own);
    this.#note(place, first.service.repository.path, own.length, answer, state);
    const failed: FailedLook[] = [];
    await mapBounded(own, AT_ONCE, (each) => this.#lookInTurn(each, opened, failed));
    reportFailures(this.pass, failed);
  }

  /** A repository is not asked for the sake of its quota: it is shown as it answered last, and until when. */
  leaveAlone(place: string, { circuit, until }: PollState): void {
    const before = this.records.before(place);
    if (before === undefined || until === undefined) return;
    // It is the same moment, but for what a clock is off.
    if (before.circuit === circuit && Math.abs(Date.parse(before.until ?? '') - until) < 1_000) return;
    this.records.note(place, { ...before, circuit, until: new Date(until).toISOString() });
  }

  /**
   * Each service is looked at by one look at a time, whoever asked for it: a second one comes after the first, and only where
   * there is something left to look at.
   */
  async #lookInTurn(observed: ObservedService, opened: Opened, failed: FailedLook[]): Promise<void> {
    const { name } = observed;
    const before = this.#looking.get(name);
    const looking = (async (): Promise<void> => {
      await before?.catch(() => undefined);
      const standing =
        before === undefined ? observed : await observeService(this.pass.session.coordinator, name);
      if (standing?.place === observed.place && this.#isDue(standing, opened))
        await this.#look(standing, opened, failed);
    })();
    this.#looking.set(name, looking);
    try {
      await looking;
    } finally {
      if (this.#looking.get(name) === looking) this.#looking.delete(name);
    }
  }

  #open(place: string, polled: Polled): Opened {
    if (polled.outcome !== 'ok') return { why: polled.error };
    const refused = this.#refused.get(place);
    if (refused !== undefined) return { why: refused, answered: true };
    const { trust } = this.pass.session.environment;
    if (trust === undefined) return polled.repository;
    const known = this.#trusted.get(polled.repository) ?? withTrust(polled.repository, trust);
    this.#trusted.set(polled.repository, known);
    return known;
  }

  #isDue({ name, version, service }: ObservedService, opened: Opened): boolean {
    const before = this.#looked.get(name);
    if (before === undefined || before.life !== service.incarnation) return true;
    if (before.version !== version || !isSame(before.opened, opened)) return true;
    if (!this.#told.has(name) && !('why' in opened)) return true;
    return this.pass.clock.monotonic() >= before.again;
  }

  /** What becomes another service meanwhile is looked at anew, as it stands then, where it came from the same repository. */
  async #look(observed: ObservedService, opened: Opened, failed: FailedLook[]): Promise<void> {
    let standing: ObservedService | undefined = observed;
    for (let tries = 0; standing?.place === observed.place && tries < MOST_TRIES; tries += 1)
      standing = await this.#lookOnce(standing, opened, failed);
  }

  /**
   * @param failed gets a failure to see to it
   * @returns the service as it stands, where it is not any more what it was judged as
   */
  async #lookOnce(
    observed: ObservedService,
    opened: Opened,
    failed: FailedLook[],
  ): Promise<ObservedService | undefined> {
    const { clock, random, log, session } = this.pass;
    const { name, version, service } = observed;
    const began = { now: clock.now(), monotonic: clock.monotonic() };
    const before = this.#looked.get(name)?.failures ?? 0;
    const remember = (wait: number, failures: number): void => {
      const again = clock.monotonic() + wait;
      this.#looked.set(name, { life: service.incarnation, version, opened, failures, again });
    };
    try {
      const judged = await judgeService(this.pass, observed, opened);
      // What may be upgraded without anybody depends on more than what is looked at here.
      remember(judged.seen.policy.mode === 'auto' ? 0 : AGAIN * (1 + random() / 4), 0);
      reportLook(this.pass, observed, opened, judged, began);
    } catch (error) {
      if (error instanceof NotAsJudged) {
        log.debug('a service became another while it was looked at', { service: name, error });
        return error.isPaused ? undefined : observeService(session.coordinator, name);
      }
      if (!(error instanceof EnsembleError)) throw error;
      if (this.pass.over.aborted) return undefined;
      remember(Math.min(RETRY.most, RETRY.first * 2 ** before), before + 1);
      log.debug('a service could not be seen to', { service: name, error });
      failed.push({ observed, error, began });
    }
    return undefined;
  }

  #note(place: string, location: string, services: number, answer: Answer, state: PollState): void {
    const { clock } = this.pass;
    const at = new Date(clock.now()).toISOString();
    const { ms, outcome, error } = answer;
    const before = this.records.before(place);
    const validator = outcome === 'ok' ? answer.validator : before?.validator;
    this.records.note(place, {
      location,
      at,
      ms,
      outcome,
      ...(error !== undefined && { error }),
      ...(validator !== undefined && { validator }),
      ...(outcome === 'ok' && { lastOkAt: at }),
      failures: state.failures,
      circuit: state.circuit,
      ...(state.until !== undefined && { until: new Date(state.until).toISOString() }),
      services,
    });
    if ((before?.outcome ?? 'ok') !== outcome) reportRepository(this.pass, location, answer);
  }
}

/** The same offers, or the same reason for there being none. */
function isSame(one: Opened, other: Opened): boolean {
  return one === other || ('why' in one && 'why' in other && one.why === other.why);
}
