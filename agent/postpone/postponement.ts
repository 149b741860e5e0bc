import { isDeepStrictEqual } from 'node:util';
import { defaultUpgradeRules, type UpgradeRules } from '../../state/formula/upgrade-rules.js';
import type { Blocker } from '../../state/model/blocker.js';
import { noRequests, type UnitRequests } from '../../state/model/requests.js';
import { isErrorState } from '../../state/model/workflow-state.js';
import type { WantedFormula } from '../contract/operations.js';
import type { UnitDirectory } from '../disk/unit-directory.js';
import { committedFormula, type UnitRecord } from '../journal/record.js';
import type { Uses } from '../machine/parts.js';
import { decidePostponement, type PostponeDecision } from './decide.js';
import { inhibit, lift } from './inhibit.js';
import { type Lease, liveLeases } from './leases.js';
import { watchLeases } from './watch-leases.js';

/** A unit whose upgrade may have to wait because the unit is busy. */
export interface PostponedUnit extends Uses<'boot' | 'clock' | 'log'> {
  readonly name: string;
  readonly directory: UnitDirectory;
  /** The rules of the formula in place; undefined while they are not known. */
  upgradeRules(): UpgradeRules | undefined;
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
export interface PostponementFacts {
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
  #endWatch: (() => void) | undefined;
  #told: PostponeDecision = { goesAhead: true, over: [], blockers: [] };
  #isMarking = false;
  /** True if an old mark may stand, which an agent left that was killed. */
  #mayBeMarked = true;

  constructor(unit: PostponedUnit) {
    this.#unit = unit;
  }

  /**
   * The soft check: whether a wanted upgrade has to wait because the unit is busy. It begins or ends to watch.
   * @param wanted what the flag leads to; undefined where nothing is wanted, or not known yet
   */
  stands(wanted: WantedFormula | undefined): boolean {
    const unit = this.#unit;
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
    this.#told = decision;
    if (decision.goesAhead) {
      this.#rest(decision);
      return false;
    }
    this.#begin(wanted);
    return true;
  }

  /**
   * The hard check, right before there is no way back: from here on new leases wait. The mark stands before leases are
   * looked for, so that none can begin unseen.
   * @returns what stood and is gone over, by force or because its time is over; undefined where the upgrade must wait
   */
  async passes(wanted: WantedFormula): Promise<readonly Lease[] | undefined> {
    const { directory } = this.#unit;
    this.#mayBeMarked = true;
    await inhibit(directory.root, this.#mark('upgrade', wanted));
    const decision = this.#decide(wanted, this.#leases());
    // A unit in an error does no work.
    if (decision.goesAhead || isErrorState(this.#unit.record().state)) return decision.over;
    lift(directory.root);
    return undefined;
  }

  /** Takes the mark off, before anything of the new formula runs: that may take leases of its own. */
  lift(): void {
    lift(this.#unit.directory.root);
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
    this.#endWatch?.();
    this.#endWatch = undefined;
  }

  #leases(): readonly Lease[] {
    const { directory, parts } = this.#unit;
    return liveLeases(directory.root, { now: parts.clock.now(), boot: parts.boot });
  }

  #decide(wanted: WantedFormula, leases: readonly Lease[]): PostponeDecision {
    const unit = this.#unit;
    const { service, postponed } = unit.record();
    return decidePostponement({
      unit: unit.name,
      service,
      leases,
      rules: this.#rules(),
      whileBusy: wanted.whileBusy === true,
      since: postponed?.since,
      now: unit.parts.clock.now(),
    });
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
    if (unit.record().postponed == null) {
      const { blockers } = this.#told;
      unit.parts.log.info(
        `its upgrade to ${wanted.to} waits: ${blockers.map(({ reason }) => reason).join('; ')}`,
        {
          unit: unit.name,
        },
      );
      unit.note({ postponed: { since: unit.now() } });
      // Not awaited: it is done again, to the same end, where it gets lost.
      unit.save({}).catch(() => undefined);
    }
    this.#endWatch ??= watchLeases(unit.directory.root, unit.parts.clock, () => this.#lookAgain(wanted));
    this.#holdNewWork(wanted);
  }

  /** Looks at the leases alone; at all else only where they changed something. */
  #lookAgain(wanted: WantedFormula): void {
    if (this.#unit.isStopped()) this.close();
    else if (!isDeepStrictEqual(this.#decide(wanted, this.#leases()), this.#told)) this.#unit.look();
  }

  #holdNewWork(wanted: WantedFormula): void {
    const unit = this.#unit;
    if (this.#rules().newWork !== 'block' || this.#isMarking) return;
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
    if (this.#mayBeMarked) this.lift();
    this.#mayBeMarked = false;
    if (postponed != null) unit.save({ postponed: null }).catch(() => undefined);
  }
}
