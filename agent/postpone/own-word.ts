import type {
  PendingUpgrade,
  PendingUpgradeFacts,
  UpgradeWord,
} from '../../hooks/context/pending-upgrade.js';
import { ToolUsageError } from '../../hooks/errors.js';
import type { Blocker } from '../../state/model/blocker.js';
import type { WantedFormula } from '../contract/operations.js';
import { shortened } from '../contract/shortened.js';
import { committedFormula, type UnitRecord } from '../journal/record.js';
import { untoldHold } from '../journal/untold-history.js';
import type { Uses } from '../machine/parts.js';

/** The hook by which a formula is told of an upgrade, and may hold it. */
export const UPGRADE_PENDING = 'upgrade-pending';

/** Milliseconds for which a unit may hold itself since its last upgrade. */
export const LONGEST_HOLD = 90 * 86_400_000;

/** Characters of a reason. */
export const MOST_REASON = 200;

type Pending = NonNullable<UnitRecord['pending']>;

/** The unit's own hold of an upgrade. */
export type OwnHold = NonNullable<Pending['hold']>;

/** A unit that has a word in its upgrade. */
export interface WordedUnit extends Uses<'clock' | 'log'> {
  readonly name: string;
  record(): UnitRecord;
  note(change: Partial<UnitRecord>): void;
  save(change: Partial<UnitRecord>): Promise<void>;
  now(): string;
}

/**
 * What a unit's own formula says to the upgrade that is wanted of it. All of it is in the journal: what it was asked, so that
 * it is asked once for each pair of formulas, and what it said.
 */
export class OwnWord implements UpgradeWord {
  readonly #unit: WordedUnit;
  #wanted: WantedFormula | undefined;
  #blockers: () => readonly Blocker[] = () => [];

  constructor(unit: WordedUnit) {
    this.#unit = unit;
  }

  /** Told whenever that may have changed. */
  regards(wanted: WantedFormula | undefined, blockers: () => readonly Blocker[]): void {
    this.#wanted = wanted;
    this.#blockers = blockers;
  }

  /** True if the hook has not come to its end for the wanted upgrade. */
  isToBeAsked(): boolean {
    return this.#pair() !== undefined && this.#present()?.askedAt === undefined;
  }

  /**
   * The hold that stands. On the way back there is none: whoever wants that knows that the formula in place is no good.
   */
  standing(): OwnHold | undefined {
    const hold = this.#wanted?.revert === true ? undefined : this.#present()?.hold;
    return hold && Date.parse(hold.until) > this.#unit.parts.clock.now() ? hold : undefined;
  }

  /** Notes what the formula is about to be asked; undefined where nothing is wanted any more. */
  begin({ class: kind, urgent }: Pick<PendingUpgrade, 'class' | 'urgent'>): PendingUpgrade | undefined {
    const pair = this.#pair();
    if (pair === undefined) return undefined;
    const { holdsFrom = this.#unit.now() } = this.#unit.record();
    this.#unit.note({ holdsFrom, pending: { ...this.#present(), ...pair, class: kind, urgent } });
    const { name } = this.#unit;
    return { unit: name, relation: '', ...pair, class: kind, urgent, deadline: this.#deadline() };
  }

  /**
   * The change of the record by which the hook has ended. It is silent, or has said what it wants by the tools; if it failed, it
   * holds, whatever it said, for as long as it may.
   */
  ended(failure: string | undefined): Partial<UnitRecord> {
    const { pending } = this.#unit.record();
    if (!pending) return {};
    const now = this.#unit.now();
    const deadline = this.#deadline();
    const isHeld = failure !== undefined && deadline > now;
    if (failure !== undefined)
      this.#unit.parts.log.warning(
        isHeld
          ? `its upgrade to ${pending.to} is held until ${deadline}: ${failure}`
          : `${failure}; its upgrade goes on, as it has held itself for as long as it may`,
        { unit: this.#unit.name },
      );
    const hold = isHeld ? { since: now, until: deadline, failure: shortened(failure) } : pending.hold;
    const news = hold && isHeld ? this.#news(pending.to, hold) : {};
    return { pending: { ...pending, askedAt: now, hold }, ...news };
  }

  facts(): PendingUpgradeFacts | undefined {
    const pair = this.#pair();
    if (pair === undefined) return undefined;
    const { class: kind = '', urgent = '' } = this.#present() ?? {};
    const hold = this.standing();
    return {
      unit: this.#unit.name,
      relation: '',
      ...pair,
      class: kind,
      urgent,
      deadline: this.#deadline(),
      hold: hold === undefined ? null : { since: hold.since, until: hold.until, reason: reasonOf(hold) },
      blockers: this.#blockers().map(({ reason, since, kind: of, who, until, ends }) => ({
        ...(of !== undefined && { kind: of }),
        ...(who !== undefined && { who }),
        reason,
        since,
        ...(until !== undefined && { until }),
        ...(ends !== undefined && { ends }),
      })),
    };
  }

  async hold(ms: number | undefined, reason: string | undefined): Promise<string> {
    const unit = this.#unit;
    const pair = this.#pair();
    const refused = (problem: string): ToolUsageError =>
      new ToolUsageError({ tool: 'upgrade-hold', problem });
    if (pair === undefined || this.#wanted?.revert === true)
      throw refused(`no upgrade is wanted of ${unit.name} that it could hold`);
    // Looked at once: a hold begins, and its time is counted, in one moment.
    const now = unit.parts.clock.now();
    const at = new Date(now).toISOString();
    const { holdsFrom = at } = unit.record();
    unit.note({ holdsFrom });
    const deadline = this.#deadline();
    if (Date.parse(deadline) <= now)
      throw refused(
        `${unit.name} may hold no upgrade any longer: 90 days are over since ${holdsFrom.replace(/\.\d+Z$/, 'Z')}`,
      );
    const until =
      ms === undefined || now + ms > Date.parse(deadline) ? deadline : new Date(now + ms).toISOString();
    const present = this.#present();
    const standing = this.standing();
    const since = standing?.since ?? at;
    const said = reason !== undefined && reason !== '' && { reason: reason.slice(0, MOST_REASON) };
    const hold = { since, until, ...said };
    unit.parts.log.info(`holds its upgrade to ${pair.to} until ${until}`, { unit: unit.name });
    await unit.save({
      pending: {
        class: '',
        urgent: '',
        ...present,
        ...pair,
        hold,
      },
      ...(standing === undefined && this.#news(pair.to, hold)),
    });
    return until;
  }

  /** That it holds goes on its record, once for each hold. */
  #news(to: string, hold: OwnHold): Pick<UnitRecord, 'news'> {
    const { since: at, until } = hold;
    return { news: untoldHold(this.#unit.record(), { at, to, until, reason: reasonOf(hold) }) };
  }

  async proceed(): Promise<void> {
    const present = this.#present();
    if (!present?.hold) return;
    await this.#unit.save({ pending: { ...present, hold: null } });
  }

  #pair(): { readonly from: string; readonly to: string } | undefined {
    const record = this.#unit.record();
    const from = committedFormula(record)?.id;
    // An upgrade that goes ahead cannot be held any more.
    if (this.#wanted === undefined || from === undefined || record.upgrade !== null) return undefined;
    return { from, to: this.#wanted.to };
  }

  /** The journal's, where it is about the upgrade that is wanted now. */
  #present(): Pending | undefined {
    const pair = this.#pair();
    const { pending } = this.#unit.record();
    return pending && pending.from === pair?.from && pending.to === pair.to ? pending : undefined;
  }

  #deadline(): string {
    const { holdsFrom = this.#unit.now() } = this.#unit.record();
    return new Date(Date.parse(holdsFrom) + LONGEST_HOLD).toISOString();
  }
}

/** Why it holds, in an operator's words; empty where it did not say. */
export function reasonOf({ reason, failure }: OwnHold): string {
  return failure ?? reason ?? '';
}
