import type { PendingUpgrade } from '../../hooks/context/pending-upgrade.js';
import type { Observation } from '../../state/coordination/coordinator.js';
import { NodeNotFound } from '../../state/coordination/errors.js';
import { newIncarnation } from '../../state/model/incarnation.js';
import { compareUnits, paths, serviceOfUnit } from '../../state/model/paths.js';
import type { UpgradeAsk } from '../../state/model/related-upgrade.js';
import { noRequests, type UnitRequests } from '../../state/model/requests.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import type { WantedFormula } from '../contract/operations.js';
import { committedFormula, type UnitRecord } from '../journal/record.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { Uses } from '../machine/parts.js';
import { askOperations, type Related, withdrawAsk, withPendingHook } from './related-asks.js';
import { type Asks, deadlineOfOthers, type RelatedWait, relatedWaits } from './related-waits.js';

/** A unit whose upgrade is told to those that it is related to. */
interface AskingUnit extends Uses<'clock' | 'coordinator' | 'formulas' | 'log' | 'meetings' | 'writer'> {
  readonly name: string;
  record(): UnitRecord;
  save(change: Partial<UnitRecord>): Promise<void>;
  requests(): UnitRequests;
  relationRecords(): readonly RelationRecord[];
  isStopped(): boolean;
  now(): string;
  /** Looks again at everything that may ask something of the unit. */
  look(): void;
}

/**
 * The units to which a unit is related, and which may hold its upgrade: those of other services that it meets in a relation, a
 * principal and its subordinate too; peers are of its own service, whose rollout looks after them. They are asked by a node under
 * each of them, and answer by one under this unit. Which were asked is journalled before they are; so whoever goes on here knows
 * what to wait for, and what to clear away.
 */
export class RelatedUnits {
  readonly #unit: AskingUnit;
  #wanted: WantedFormula | undefined;
  /** The formula to go to for whose sake units were looked up, and those that were: asked, or without the hook. */
  #considered: { readonly to: string; readonly units: Set<string> } | undefined;
  readonly #meetings = new Map<string, () => void>();
  readonly #standing = new Map<string, { readonly id: string; readonly observation: Observation }>();
  /** Units whose node is gone by which they were asked: it went with them, or by hand. */
  readonly #gone = new Set<string>();
  /** What is under way: either is over before the other begins, as both write down whom was asked. */
  #underWay: 'asking' | 'clearing' | undefined;

  constructor(unit: AskingUnit) {
    this.#unit = unit;
  }

  /** Told whenever something may have changed. Clears away what is over. */
  regards(wanted: WantedFormula | undefined): void {
    this.#wanted = wanted;
    const unit = this.#unit;
    const isAsking = this.#isAsking() && !unit.isStopped();
    this.#follow(isAsking ? this.#relations().map(({ meeting }) => meeting) : []);
    const { asks } = unit.record();
    // Wanted again, it is another upgrade.
    if (this.#isOver()) this.#considered = undefined;
    if (!asks || unit.isStopped()) return;
    if (this.#isOver()) this.#clear(Object.keys(asks.units), 'all of it');
    else this.#clear([...new Set([...this.#withoutRelation(asks), ...this.#gone])]);
  }

  /** True if units are to be told of the wanted upgrade that were not yet. */
  isToAsk(): boolean {
    const isAfterwards = this.#underWay === 'clearing' || this.#wanted?.whileBusy === true;
    if (isAfterwards || !this.#isAsking()) return false;
    const asks = this.#present();
    const isUntold = Object.entries(asks?.units ?? {}).some(
      ([name, { id }]) => this.#standing.get(name)?.id !== id,
    );
    return isUntold || this.#unconsidered().length > 0;
  }

  /** Units that keep the wanted upgrade waiting; none on the way back. */
  waits(): readonly RelatedWait[] {
    const asks = this.#wanted?.revert === true ? undefined : this.#present();
    const { parts } = this.#unit;
    return asks === undefined ? [] : relatedWaits(asks, this.#unit.requests().words, parts.clock.now());
  }

  /** Whom the unit meets is not known yet, as right after a restart. */
  isUnread(): boolean {
    const { meetings } = this.#unit.parts;
    return this.#isAsking() && this.#relations().some(({ meeting }) => meetings.view(meeting) === undefined);
  }

  /** Tells those that were not told yet of the wanted upgrade, where their formula has the hook. */
  async ask(step: Pick<PendingUpgrade, 'class' | 'urgent'>): Promise<void> {
    if (this.#underWay !== undefined) return;
    this.#underWay = 'asking';
    try {
      await this.#ask(step);
    } finally {
      this.#underWay = undefined;
    }
  }

  async #ask(step: Pick<PendingUpgrade, 'class' | 'urgent'>): Promise<void> {
    const unit = this.#unit;
    const pair = this.#pair();
    if (pair === undefined) return;
    const fresh = this.#unconsidered();
    const withHook = await withPendingHook(unit, fresh);
    const before = unit.record().asks ?? undefined;
    const isSame = before?.from === pair.from && before.to === pair.to;
    const since = before?.since ?? unit.now();
    const at = unit.now();
    const asked = withHook.map(({ unit: name, relation }) => [name, { id: newIncarnation(), relation, at }]);
    const units: Asks['units'] = { ...(isSame && before.units), ...Object.fromEntries(asked) };
    const left = isSame ? [] : Object.keys(before?.units ?? {}).filter((name) => !(name in units));
    // Until they are gone, the journal knows of them.
    for (const name of left) await this.#withdraw(name);
    if (before !== undefined || asked.length > 0) await unit.save({ asks: { ...pair, since, units } });
    await betweenFaults('related.ask', () =>
      Promise.all(
        Object.entries(units).map(([name, { id, relation, at: when }]) =>
          this.#tell(name, {
            id,
            unit: unit.name,
            ...(unit.record().incarnation !== undefined && { incarnation: unit.record().incarnation }),
            relation,
            ...pair,
            class: step.class,
            urgent: step.urgent,
            at: when,
            deadline: deadlineOfOthers(since),
          }),
        ),
      ),
    );
    if (this.#considered?.to !== pair.to) this.#considered = { to: pair.to, units: new Set() };
    for (const { unit: name } of fresh) this.#considered.units.add(name);
  }

  /** The agent lets go of the unit; the next one looks for itself. */
  close(): void {
    this.#follow([]);
    for (const { observation } of this.#standing.values()) observation.close();
    this.#standing.clear();
  }

  /** Something may be asked of them: an upgrade is wanted that has not gone ahead. */
  #isAsking(): boolean {
    return this.#pair() !== undefined && !this.#isOver();
  }

  /**
   * The upgrade goes ahead, goes back, or is wanted no more. Only where the requests were read: after a restart none is known at
   * first.
   */
  #isOver(): boolean {
    const unit = this.#unit;
    const requests = unit.requests();
    const isCalledOff = requests !== noRequests && requests.upgrade === undefined;
    const isGoing = requests.removal !== undefined || unit.record().upgrade !== null;
    return isCalledOff || isGoing || this.#wanted?.revert === true;
  }

  #pair(): { readonly from: string; readonly to: string } | undefined {
    const record = this.#unit.record();
    const from = committedFormula(record)?.id;
    if (this.#wanted === undefined || from === undefined || record.upgrade !== null) return undefined;
    return { from, to: this.#wanted.to };
  }

  /** The journal's, where it is about the upgrade that is wanted now. */
  #present(): Asks | undefined {
    const pair = this.#pair();
    const { asks } = this.#unit.record();
    return asks && asks.from === pair?.from && asks.to === pair.to ? asks : undefined;
  }

  /** Those in which it meets units of other services. */
  #relations(): readonly RelationRecord[] {
    const service = serviceOfUnit(this.#unit.name);
    return this.#unit
      .relationRecords()
      .filter(
        ({ role, remoteService, queue }) => role !== 'peer' && remoteService !== service && !queue.leaving,
      )
      .sort((one, other) => Number(one.relation) - Number(other.relation));
  }

  /** The related units that are there now, each once. */
  #related(): readonly Related[] {
    const { meetings } = this.#unit.parts;
    const found = new Map<string, Related>();
    for (const { relation, meeting, remoteService } of this.#relations())
      for (const name of meetings.view(meeting)?.keys() ?? [])
        if (serviceOfUnit(name) === remoteService && !found.has(name))
          found.set(name, { unit: name, relation });
    return [...found.values()].sort((one, other) => compareUnits(one.unit, other.unit));
  }

  #unconsidered(): readonly Related[] {
    const asks = this.#present();
    const considered = this.#considered?.to === this.#wanted?.to ? this.#considered?.units : undefined;
    return this.#related().filter(
      ({ unit: name }) => asks?.units[name] === undefined && considered?.has(name) !== true,
    );
  }

  /** Units whose relation with this one is over, or ends. */
  #withoutRelation({ units }: Asks): readonly string[] {
    const services = new Map(
      this.#relations().map(({ remoteService, relation }) => [relation, remoteService]),
    );
    return Object.entries(units)
      .filter(([name, { relation }]) => services.get(relation) !== serviceOfUnit(name))
      .map(([name]) => name);
  }

  /** Writes the node by which one is told, unless it stands, and sees if it goes: by itself only with the unit. */
  async #tell(related: string, ask: UpgradeAsk): Promise<void> {
    if (this.#standing.get(related)?.id === ask.id) return;
    const { coordinator, log, writer } = this.#unit.parts;
    const path = paths.upgradeAsk(related, this.#unit.name);
    try {
      await writer.write(() => askOperations(coordinator, related, ask));
    } catch (error) {
      if (!(error instanceof NodeNotFound)) throw error;
      await this.#forget([related]);
      return;
    }
    log.info(`${related} is told of its upgrade to ${ask.to}, and may hold it`, { unit: this.#unit.name });
    if (this.#unit.isStopped()) return;
    this.#standing.get(related)?.observation.close();
    let wasThere = false;
    const observation = coordinator.observe(path, (node) => {
      const isGone = node === undefined && wasThere;
      wasThere ||= node !== undefined;
      if (!isGone) return;
      this.#gone.add(related);
      setImmediate(() => this.#unit.look());
    });
    this.#standing.set(related, { id: ask.id, observation });
  }

  /** Clears away, not awaited: it is done again, to the same end, where it gets lost. */
  #clear(units: readonly string[], whole?: 'all of it'): void {
    if (this.#underWay !== undefined || (units.length === 0 && whole === undefined)) return;
    this.#underWay = 'clearing';
    const { log } = this.#unit.parts;
    betweenFaults('related.withdraw', async () => {
      for (const name of units) await this.#withdraw(name);
      await (whole === undefined ? this.#forget(units) : this.#unit.save({ asks: null }));
    })
      .then(
        () => setImmediate(() => this.#unit.look()),
        (error: unknown) =>
          log.warning('a question to related units cannot be taken back, and is tried again', {
            unit: this.#unit.name,
            error,
          }),
      )
      .finally(() => {
        this.#underWay = undefined;
      });
  }

  async #withdraw(related: string): Promise<void> {
    this.#standing.get(related)?.observation.close();
    this.#standing.delete(related);
    this.#gone.delete(related);
    await this.#unit.parts.writer.write(() =>
      withdrawAsk(this.#unit.parts.coordinator, this.#unit.name, related, this.#unit.record().incarnation),
    );
  }

  async #forget(related: readonly string[]): Promise<void> {
    const { asks } = this.#unit.record();
    if (!asks) return;
    const units = Object.fromEntries(Object.entries(asks.units).filter(([name]) => !related.includes(name)));
    await this.#unit.save({ asks: { ...asks, units } });
  }

  /** Looks again whenever somebody comes to one of these meetings. */
  #follow(meetings: readonly string[]): void {
    for (const [meeting, end] of this.#meetings) {
      if (meetings.includes(meeting)) continue;
      end();
      this.#meetings.delete(meeting);
    }
    for (const meeting of meetings) {
      if (this.#meetings.has(meeting)) continue;
      // It may be told at once, in the midst of a look.
      const look = (): void => void setImmediate(() => this.#unit.look());
      this.#meetings.set(meeting, this.#unit.parts.meetings.subscribe(meeting, look));
    }
  }
}
