import { isDeepStrictEqual } from 'node:util';
import { defaultUpgradeRules, type UpgradeRules } from '../../state/formula/upgrade-rules.js';
import type { Blocker } from '../../state/model/blocker.js';
import { noRequests, type UnitRequests } from '../../state/model/requests.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import type { WantedFormula } from '../contract/operations.js';
import type { UnitDirectory } from '../disk/unit-directory.js';
import { committedFormula, type UnitRecord } from '../journal/record.js';
import type { Uses } from '../machine/parts.js';
import { BUSY_CHECK, BusyCheck, type CheckAnswer, MOST_FAILURES } from './busy-check.js';
import { decidePostponement, type PostponeDecision } from './decide.js';
import { inhibit, lift, liftBeforeHook } from './inhibit.js';
import { type Lease, liveLeases } from './leases.js';
import type { Lockstep } from './lockstep.js';
import { hasHook } from '../../hooks/process/has-hook.js';
import { type OwnWord, UPGRADE_PENDING } from './own-word.js';
import { watchLeases } from './watch-leases.js';
import type { RelatedUnits } from './related-units.js';

/** What has to be asked before an upgrade goes ahead: the formula in place, by a hook, or the units related to this one. */
type Question = typeof UPGRADE_PENDING | typeof BUSY_CHECK | 'related';

/** Milliseconds between two looks at the processes whose leases an upgrade waits for: they tell nobody that they end. */
const LOOK = 250;

/** A unit whose upgrade may have to wait because the unit is busy. */
interface PostponedUnit extends Uses<'boot' | 'clock' | 'log'> {
  readonly name: string;
  readonly directory: UnitDirectory;
  /** The rules of the formula in place; undefined while they are not known. */
  upgradeRules(): UpgradeRules | undefined;
  readonly word: OwnWord;
  readonly related: Pick<RelatedUnits, 'regards' | 'waits' | 'isToAsk' | 'isUnread'>;
  readonly lockstep: Pick<Lockstep, 'goes'>;
  record(): UnitRecord;
  note(change: Partial<UnitRecord>): void;
  save(change: Partial<UnitRecord>): Promise<void>;
  requests(): UnitRequests;
  isStopped(): boolean;
  now(): string;
  /** Looks again at everything that may ask something of the unit. */
  look(): void;
}

/** The facts for observers about an upgrade that is postponed. */
interface PostponementFacts {
  readonly since: string;
  /** The end of the time for which it is postponed at most. */
  readonly until: string;
}

/**
 * How an upgrade waits for what its unit is busy with, and goes on the moment that this ends. All is decided from what is
 * on the disk, so that it does not matter what happened while no agent was there; only since when it waits is journalled.
 */
export class Postponement {
  readonly #unit: PostponedUnit;
  readonly #check: BusyCheck;
  #watch: { readonly for: string; end(): void } | undefined;
  #wanted: WantedFormula | undefined;
  #told: PostponeDecision = { goesAhead: true, over: [], blockers: [] };
  #isMarking = false;
  /** Since when it is not known whom the unit is related to; an ISO instant. */
  #unread: string | undefined;
  /** When the wait was over for which the upgrade goes ahead now; an ISO instant. */
  #overAt: string | undefined;
  /** True if an old mark may stand, which an agent left that was killed. */
  #mayBeMarked = true;

  constructor(unit: PostponedUnit) {
    this.#unit = unit;
    this.#check = new BusyCheck(unit.parts.clock);
  }

  /**
   * The soft check: whether a wanted upgrade has to wait because the unit is busy. It begins or ends to watch.
   * @param wanted what the flag leads to; undefined where nothing is wanted, or not known yet
   */
  stands(wanted: WantedFormula | undefined): boolean {
    const unit = this.#unit;
    if (wanted?.to !== this.#wanted?.to) {
      this.#check.forget();
      this.#overAt = undefined;
    }
    this.#wanted = wanted;
    unit.word.regards(wanted, () => this.blockers());
    unit.related.regards(wanted);
    // An upgrade that goes ahead already is not held up any more.
    if (unit.record().upgrade !== null || unit.isStopped()) {
      this.#rest();
      return false;
    }
    if (wanted === undefined) {
      this.#rest();
      this.#forgetWhatWasCalledOff();
      return false;
    }
    const decision = this.#decide(wanted, this.#leases());
    // It waited, or an agent before this one had it wait.
    const waited = !this.#told.goesAhead || unit.record().postponed != null;
    this.#told = decision;
    if (decision.goesAhead) {
      if (waited) this.#overAt ??= unit.now();
      this.#rest(decision);
      return false;
    }
    this.#overAt = undefined;
    this.#begin(wanted);
    return true;
  }

  /** Since when an upgrade that waited goes ahead, as an ISO instant: it has its whole time from then on. */
  overAt(): string | undefined {
    return this.#overAt;
  }

  /**
   * What is to be asked now: the formula in place of the upgrade, once; the related units, once that holds it no more; and
   * whether the unit is busy, as nothing else keeps it waiting.
   * @param wanted as `stands` was given it, right before
   */
  question(wanted = this.#wanted): Question | undefined {
    const unit = this.#unit;
    if (wanted === undefined || unit.record().upgrade !== null || unit.isStopped()) return undefined;
    if (this.#isToBeTold(wanted)) return UPGRADE_PENDING;
    if (unit.word.standing() === undefined && unit.related.isToAsk()) return 'related';
    // A unit that waits for the others of its service said that it is idle; it is asked once more right before it goes.
    if (wanted.lockstep !== undefined && !unit.lockstep.goes(wanted.lockstep) && this.#check.isAnswered())
      return undefined;
    if (!this.#hasCheck(wanted) || this.#check.dueAt() > unit.parts.clock.monotonic()) return undefined;
    return this.#decide(wanted, this.#leases(), 'but for the check').goesAhead ? BUSY_CHECK : undefined;
  }

  /** How the `busy-check` hook ended. */
  checked(answer: CheckAnswer, took: number): void {
    const { parts, name } = this.#unit;
    const before = this.#check.standing();
    this.#check.answered(answer, took);
    const after = this.#check.standing();
    if (after?.kind === 'given-up' && before?.kind !== 'given-up')
      parts.log.warning(
        `${BUSY_CHECK} failed ${MOST_FAILURES} times in a row, so the unit counts as idle: ${after.failure}`,
        { unit: name },
      );
  }

  /** A hook of the unit ended: it may be idle now. */
  somethingEnded(): void {
    this.#check.somethingEnded();
  }

  /**
   * The hard check, right before there is no way back: from here on new leases wait. The mark stands before leases are
   * looked for, so that none can begin unseen.
   * @param ask runs the `busy-check` hook, and has `checked` told
   * @returns what stood and is gone over, by force or because its time is over; undefined where the upgrade must wait
   */
  async passes(wanted: WantedFormula, ask: () => Promise<void>): Promise<readonly string[] | undefined> {
    const { directory } = this.#unit;
    this.#mayBeMarked = true;
    await inhibit(directory.root, this.#mark('upgrade', wanted));
    // A unit in an error does no work.
    const isAtRest = isErrorState(this.#unit.record().state);
    const others = this.#decide(wanted, this.#leases(), 'but for the check');
    if (others.goesAhead && !isAtRest && this.#hasCheck(wanted)) await ask();
    const decision = this.#decide(wanted, this.#leases());
    if (decision.goesAhead || isAtRest) return decision.over;
    lift(directory.root);
    return undefined;
  }

  /** Takes the mark off, before anything of the new formula runs: that may take leases of its own. */
  lift(): Promise<void> {
    return liftBeforeHook(this.#unit.directory.root);
  }

  blockers(): readonly Blocker[] {
    return this.#told.blockers;
  }

  facts(): PostponementFacts | undefined {
    const { postponed } = this.#unit.record();
    const { until, goesAhead } = this.#told;
    return goesAhead || postponed === undefined || postponed === null || until === undefined
      ? undefined
      : { since: postponed.since, until };
  }

  /** The agent lets go of the unit; the next one looks for itself. */
  close(): void {
    this.#watch?.end();
    this.#watch = undefined;
  }

  #leases(): readonly Lease[] {
    const { directory, parts } = this.#unit;
    return liveLeases(directory.root, { now: parts.clock.now(), boot: parts.boot });
  }

  /** By force and on the way back it is not asked: neither would wait for its answer. */
  #isToBeTold(wanted: WantedFormula): boolean {
    const { directory, word } = this.#unit;
    const isAnswered = wanted.revert || wanted.whileBusy === true || !word.isToBeAsked();
    return !isAnswered && hasHook(directory.formula, UPGRADE_PENDING);
  }

  /** After a reboot nothing of it runs until `start` has run. */
  #hasCheck(wanted: WantedFormula): boolean {
    const { directory, parts } = this.#unit;
    const isIgnored = this.#rules().busy === 'ignore' || wanted.whileBusy === true;
    return !isIgnored && this.#unit.record().boot === parts.boot && hasHook(directory.formula, BUSY_CHECK);
  }

  #decide(wanted: WantedFormula, leases: readonly Lease[], by?: 'but for the check'): PostponeDecision {
    const unit = this.#unit;
    const { service, postponed } = unit.record();
    return decidePostponement({
      unit: unit.name,
      service,
      to: wanted.to,
      leases,
      check: by === undefined && this.#hasCheck(wanted) ? this.#check.standing() : undefined,
      hold: unit.word.standing(),
      related: unit.related.waits(),
      unread: this.#unreadSince(wanted),
      rules: this.#rules(),
      whileBusy: wanted.whileBusy === true,
      since: postponed?.since,
      now: unit.parts.clock.now(),
    });
  }

  #unreadSince(wanted: WantedFormula): string | undefined {
    const isUnread = wanted.whileBusy !== true && this.#unit.related.isUnread();
    this.#unread = isUnread ? (this.#unread ?? this.#unit.now()) : undefined;
    return this.#unread;
  }

  #rules(): UpgradeRules {
    return this.#unit.upgradeRules() ?? defaultUpgradeRules;
  }

  #mark(hint: 'pending' | 'upgrade', { to }: WantedFormula): Parameters<typeof inhibit>[1] {
    const record = this.#unit.record();
    const since = record.postponed?.since ?? this.#unit.now();
    return { hint, from: committedFormula(record)?.id ?? '', to, since };
  }

  #begin(wanted: WantedFormula): void {
    const unit = this.#unit;
    const { blockers, until } = this.#told;
    // A hold by the unit itself has an end of its own.
    if (until !== undefined && unit.record().postponed == null) {
      unit.parts.log.info(
        `its upgrade to ${wanted.to} waits: ${blockers.map(({ reason }) => reason).join('; ')}`,
        { unit: unit.name },
      );
      unit.note({ postponed: { since: unit.now() } });
      // Not awaited: it is done again, to the same end, where it gets lost.
      unit.save({}).catch(() => undefined);
    }
    this.#watchForTheEnd();
    this.#holdNewWork(wanted, until !== undefined);
  }

  /** Keeps one watch at most, also if it is asked for more than once. */
  #watchForTheEnd(): void {
    const { directory, parts, word, related } = this.#unit;
    const hasLeases = this.#leases().length > 0;
    const hold = word.standing();
    const ends = [...(hold === undefined ? [] : [hold]), ...related.waits()].map(({ until }) =>
      Date.parse(until),
    );
    const end = ends.length === 0 ? undefined : Math.min(...ends);
    const dueAt = this.#check.dueAt();
    const what = hasLeases ? 'leases' : end === undefined ? `check ${dueAt}` : `hold ${end}`;
    if (this.#watch?.for === what) return;
    this.close();
    const pause = (): number => {
      if (hasLeases) return LOOK;
      if (end === undefined) return Math.max(LOOK, dueAt - parts.clock.monotonic());
      return Math.max(LOOK, end - parts.clock.now());
    };
    const endWatch = watchLeases(directory.root, parts.clock, pause, {
      event: () => {
        this.#check.somethingEnded();
        this.#watchForTheEnd();
        this.#lookAgain();
      },
      time: () => this.#lookAgain(),
    });
    this.#watch = { for: what, end: endWatch };
  }

  /** Looks at the leases alone; at all else only where they changed something. */
  #lookAgain(): void {
    const wanted = this.#wanted;
    if (this.#unit.isStopped() || wanted === undefined) this.close();
    else if (
      !isDeepStrictEqual(this.#decide(wanted, this.#leases()), this.#told) ||
      this.question() !== undefined
    )
      this.#unit.look();
  }

  #holdNewWork(wanted: WantedFormula, isBusy: boolean): void {
    const unit = this.#unit;
    const blocks = isBusy && this.#rules().newWork === 'block';
    if (!blocks) {
      // The mark of an agent that was killed right before the upgrade went ahead.
      if (this.#mayBeMarked) lift(unit.directory.root);
      this.#mayBeMarked = false;
    }
    if (!blocks || this.#isMarking) return;
    this.#isMarking = true;
    this.#mayBeMarked = true;
    inhibit(unit.directory.root, this.#mark('pending', wanted))
      .catch((error: unknown) =>
        unit.parts.log.warning('new work cannot be kept waiting', { unit: unit.name, error }),
      )
      .finally(() => {
        this.#isMarking = false;
      });
  }

  #rest(told: PostponeDecision = { goesAhead: true, over: [], blockers: [] }): void {
    this.close();
    this.#told = told;
  }

  /** Only where the requests were read: after a restart none is known at first. */
  #forgetWhatWasCalledOff(): void {
    const unit = this.#unit;
    const { postponed, state } = unit.record();
    const isRead = unit.requests() !== noRequests && unit.requests().upgrade === undefined;
    if (!isRead || state === 'upgrading' || state === 'upgrade-error') return;
    if (this.#mayBeMarked) lift(unit.directory.root);
    this.#mayBeMarked = false;
    if (postponed != null) unit.save({ postponed: null }).catch(() => undefined);
  }
}
