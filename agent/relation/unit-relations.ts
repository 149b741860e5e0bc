import { join } from 'node:path';
import { removeRun } from '../../hooks/process/run-directory.js';
import type { Timer } from '../../state/platform/clock.js';
import { hasEndpoint } from '../../state/model/endpoints.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import type { UnitStatus } from '../../state/model/unit-schemas.js';
import type { WorkflowState } from '../../state/model/workflow-state.js';
import { wordsOf } from '../contract/refused-by-system.js';
import type { FormulaEndpoint } from '../machine/formulas.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { MemberView, RelationView } from '../tree/relations.js';
import type { AgentParts } from '../machine/parts.js';
import type { HookCall, HookHost, HookParts } from '../hook-runs/hook-call.js';
import { hasNoPart, isOf, meetsOthers, recordOf, takesPart } from './joining.js';
import { keepLastSettings } from './last-settings.js';
import { addressesOf } from './address-setting.js';
import { OwnAddress } from './own-address.js';
import { leaveForGood, takePart, withdraw } from './participation.js';
import { forsake, leave, observeMembers } from './queue.js';
import { relationFacts } from './relation-facts.js';
import { relationCall, relationHookName, runRelationHook } from './relation-hook.js';
import { untoldOfRelation } from './untold-history.js';
import { RelationErrors } from './failed-relations.js';
import { RelationWrites } from './relation-writes.js';
import { settingsVersion } from './settings-version.js';
import { nextDue, putOffFor } from './next-relation.js';

/** A unit's relations need this of it. */
export interface RelationHost extends HookHost {
  readonly parts: Pick<AgentParts, HookParts | 'dropped' | 'formulas' | 'journal' | 'machine' | 'services'>;
  /** The unit this one was placed beside; null where it is no subordinate, undefined while that is not known. */
  principal(): string | null | undefined;
  /** The addresses that the agent of release 0.1.0 set as the unit's; undefined while they are not known. */
  addressesBefore(): readonly string[] | undefined;
  /** Looks again at everything that may ask something of the unit. */
  look(): void;
  /** Runs an operator's command, if one is due. @returns whether one was */
  runDueCommand(): Promise<boolean>;
}

/**
 * One unit's relations. It joins those of its service once it has started, queues what happens in them for as long as
 * it is in them, also while no hook may run, and leaves them when they or the unit go.
 */
export class UnitRelations {
  readonly errors: RelationErrors;
  readonly #host: RelationHost;
  readonly #records = new Map<string, RelationRecord>();
  readonly #ends = new Map<string, () => void>();
  /** Who was in each relation when it was last looked at. */
  readonly #seen = new Map<string, ReadonlyMap<string, MemberView>>();
  readonly #writes: RelationWrites;
  readonly #address: OwnAddress;
  /** Dropped relations that this unit has nothing to do with any more, and which were looked at for it. */
  readonly #looked = new Set<string>();
  #endService: () => void = () => undefined;
  /** Resolved at the next change of a record. */
  #waiting: (() => void)[] = [];
  #last = '';
  #retry: Timer | undefined;

  constructor(host: RelationHost, records: readonly RelationRecord[]) {
    this.#host = host;
    const current = (record: RelationRecord): RelationRecord => this.current(record);
    const failed = (record: RelationRecord, error: unknown): void => this.#failed(record, error);
    const written = (relation: string): void => {
      const record = this.#records.get(relation);
      if (record !== undefined && !host.isStopped()) this.#tellAddress(record);
    };
    this.errors = new RelationErrors({
      host,
      all: () => this.all(),
      note: (record) => this.#note(record),
      goOn: (record) => this.#goOnLeaving(this.current(record)),
      failed,
    });
    this.#writes = new RelationWrites({ host, current, failed, written });
    this.#address = new OwnAddress({
      host,
      current: ({ relation }) => this.#records.get(relation),
      save: (record) => this.#save(record),
      failed,
    });
    for (const record of records) this.#records.set(record.relation, record);
  }

  start(): void {
    const { relations } = this.#host.parts;
    for (const record of this.#records.values()) this.#attend(record);
    this.#lookWhenDue();
    this.#endService = relations.subscribe(serviceOfUnit(this.#host.name), () => this.look());
    this.look();
  }

  stop(): void {
    this.#endService();
    this.#retry?.cancel();
    for (const end of this.#ends.values()) end();
    this.#ends.clear();
  }

  /** Joins what is new, and starts to leave what goes, or what the unit's own formula does not have. */
  look(): void {
    const { parts, name } = this.#host;
    const wanted = parts.relations.view(serviceOfUnit(name));
    if (wanted === undefined) return;
    for (const view of wanted.values()) if (view !== null) this.#consider(view);
    for (const record of this.#records.values()) {
      const view = wanted.get(record.relation);
      if (hasNoPart(record, this.#host.principal())) this.#beginLeaving(record, forsake);
      // A relation that cannot be read goes on as it was.
      else if (view === null) continue;
      else if (
        view === undefined ||
        view.relation.removing === true ||
        !isOf(record, view.relation) ||
        this.#takesPart(record) === false
      )
        this.#beginLeaving(record);
      else this.#tellAddress(record);
    }
  }

  /** Those whose endpoint is not among these. */
  lacking(endpoints: readonly FormulaEndpoint[]): readonly RelationRecord[] {
    return this.all().filter((record) => !hasEndpoint(endpoints, record));
  }

  /** Begins to leave these. */
  leave(records: readonly RelationRecord[]): void {
    for (const record of records) this.#beginLeaving(record);
  }

  /**
   * Leaves every relation, as the unit is on its way out: resolves when all their hooks are through and nothing of the
   * unit is left in them. A relation whose hook fails waits for `resolved`.
   */
  async leaveAll(): Promise<void> {
    await this.leaveTill(() => this.all());
  }

  /** The same of some: until `which` gives none any more. */
  async leaveTill(which: () => readonly RelationRecord[]): Promise<void> {
    for (;;) {
      // Before anything is looked at: what comes meanwhile is heard too.
      const woken = new Promise<void>((resolve) => this.#waiting.push(resolve));
      this.leave(which());
      // As they are now.
      const records = which();
      if (records.length === 0) return;
      if (this.due(records)) await this.runNext(records);
      // No hook runs while one is waited for, so that an operator may look around.
      else if (!(await this.#host.runDueCommand())) await woken;
    }
  }

  /** Something that is waited for may be there. */
  wake(): void {
    this.#wake();
  }

  /** True if a hook of some relation is due; of one of these, if they are given. */
  due(records = this.all()): boolean {
    return this.#nextDue(records) !== undefined;
  }

  /** The record as it is now: what happens in a relation goes on while something is done for it. */
  current(record: RelationRecord): RelationRecord {
    return this.#records.get(record.relation) ?? record;
  }

  /** The call of the relation hook that an earlier agent left running. */
  callUnderWay(): Pick<HookCall, 'relation'> {
    const number = this.#host.record().hook?.relation;
    const record = number === undefined ? undefined : this.#records.get(number);
    const relation = record && relationCall(record);
    return relation === undefined ? {} : { relation };
  }

  all(): readonly RelationRecord[] {
    return [...this.#records.values()];
  }

  /** Runs the next hook that is due, of these relations. A failure stops its relation alone. */
  async runNext(records = this.all()): Promise<void> {
    const record = this.#nextDue(records);
    if (record === undefined) return;
    this.#last = record.relation;
    try {
      // A hook that goes on from before is taken up when it is adopted.
      if (this.#host.record().hook === null) await this.#host.takeUp();
      await runRelationHook(this.#host, record, {
        get: () => this.current(record),
        set: (changed) => this.#note(changed),
      });
    } catch (error) {
      // The next agent finds the run in the journal: begun, and never started, or with the status it ended with. That
      // this one could not go on with it as it stops is no failure of the hook.
      if (this.#host.isStopped()) throw error;
      const failed = this.errors.inError(this.current(record), error);
      this.#host.parts.log.error(`relation ${record.identifier}: ${failed.error}`, { unit: this.#host.name });
      const { hook } = this.#host.record();
      const news = untoldOfRelation(this.#host, record, {
        what: relationHookName(record),
        outcome: 'failed',
        message: wordsOf(error),
      });
      await this.#host.save({ hook: null, ...news }, this.#note(failed));
      if (hook !== null) await removeRun(join(this.#host.parts.directory.runs, hook.id));
    }
    this.#goOnLeaving(this.current(record));
  }

  /** The facts for observers; relations are paused while the unit itself is. */
  facts(state: WorkflowState): NonNullable<UnitStatus['relations']> {
    return relationFacts(this.all(), state, this.#writes.troubles);
  }

  #consider(view: RelationView): void {
    const { state, evicted } = this.#host.record();
    if (view.relation.removing === true || !meetsOthers(state) || this.#records.has(view.number)) return;
    if (evicted !== undefined) return;
    const joining = recordOf(this.#host.name, this.#host.principal(), view);
    if (joining === undefined) return;
    const part = this.#takesPart(joining);
    if (part === false && view.relation.dropped === true) this.#lookAtDropped(view.number);
    if (part !== true) return;
    this.#looked.delete(view.number);
    // Journalled before it is set, so that it is known again.
    const addresses = addressesOf(this.#host.parts.addresses.current()?.private);
    this.#save({ ...joining, addresses })
      .then(() => this.#attend(joining))
      .catch((error: unknown) => this.#failed(joining, error));
  }

  #takesPart(record: RelationRecord): boolean | undefined {
    const { formulas } = this.#host.parts;
    return takesPart(
      this.#host.record(),
      record,
      // If this content is no longer published, the formula that is published under its id now is the nearest.
      (id, sha256) => (formulas.known(id, sha256) ?? formulas.known(id))?.endpoints,
    );
  }

  /** The tree says by now that the unit's formula lacks it, unless an upgrade is still to be called off or committed. */
  #lookAtDropped(relation: string): void {
    const { upgrade, leavingFor = null } = this.#host.record();
    const isCommitted = leavingFor === null && (upgrade === null || upgrade.step === 'resuming');
    if (!isCommitted || this.#looked.has(relation)) return;
    this.#looked.add(relation);
    this.#host.parts.dropped.look(relation);
  }

  /** Follows who is in the relation from now on. */
  #attend({ relation, meeting }: RelationRecord): void {
    if (this.#ends.has(relation)) return;
    const observe = (): void => this.#observe(relation);
    this.#ends.set(relation, this.#host.parts.meetings.subscribe(meeting, observe));
    observe();
    const record = this.#records.get(relation);
    if (record === undefined) return;
    if (record.queue.leaving) this.#goOnLeaving(record);
    else this.#writes.write(record, takePart);
  }

  #observe(relation: string): void {
    const record = this.#records.get(relation);
    if (record === undefined || record.queue.leaving) return;
    const members = this.#host.parts.meetings.view(record.meeting);
    // Who meets there now is no business of a unit that another one may have replaced there.
    if (members === undefined || this.#host.record().evicted !== undefined) return;
    if (!members.has(record.unit)) this.#writes.write(record, takePart);
    const others = [...members].filter(
      ([unit]) => unit !== record.unit && serviceOfUnit(unit) === record.remoteService,
    );
    // Whose settings cannot be read stays what it is here: known, as it was known last, or not yet.
    const versions = others.flatMap(([unit, { version, settings }]) => {
      const seen = version === undefined ? record.queue.known[unit] : settingsVersion(version, settings);
      return seen === undefined ? [] : [[unit, seen] as const];
    });
    const queue = observeMembers(record.queue, new Map(versions));
    const seen = this.#seen.get(relation);
    this.#seen.set(relation, members);
    if (queue !== record.queue) {
      this.#save(keepLastSettings({ ...record, queue }, seen)).catch((error: unknown) =>
        this.#failed(record, error),
      );
    }
  }

  #beginLeaving(record: RelationRecord, by = leave): void {
    if (record.queue.leaving) return;
    const leaving = keepLastSettings({ ...record, queue: by(record.queue) }, this.#seen.get(record.relation));
    this.#save(leaving)
      .then(() =>
        // A relation that is left without a word has no hook whose end leads on.
        leaving.queue.events.length > 0 ? this.#writes.write(leaving, withdraw) : this.#goOnLeaving(leaving),
      )
      .catch((error: unknown) => this.#failed(record, error));
  }

  /** After `broken` is through nothing is left to do but to go. */
  #goOnLeaving(record: RelationRecord | undefined): void {
    if (record === undefined || !record.queue.leaving || record.queue.events.length > 0) return;
    this.#writes.write(record, async (parts, _, participant) => {
      await leaveForGood(parts, record, participant);
      await this.#host.parts.journal.removeRelation(record.unit, record.relation);
      this.#records.delete(record.relation);
      this.#seen.delete(record.relation);
      this.#ends.get(record.relation)?.();
      this.#ends.delete(record.relation);
      this.#wake();
      this.#host.look();
    });
  }

  /** A record that is just being written may hold an address too. */
  #tellAddress(record: RelationRecord): void {
    if (!this.#writes.isUnderWay(record.relation)) this.#address.tell(record);
  }

  #nextDue(records: readonly RelationRecord[]): RelationRecord | undefined {
    const underWay = this.#host.record().hook?.relation;
    return nextDue(records, underWay, this.#last, this.#host.parts.clock.now());
  }

  #note(record: RelationRecord): RelationRecord {
    this.#records.set(record.relation, record);
    this.#wake();
    this.#lookWhenDue();
    return record;
  }

  /** Looks again when the next of the hooks that wait for another try is due. */
  #lookWhenDue(): void {
    const { clock } = this.#host.parts;
    this.#retry?.cancel();
    const waits = this.all()
      .map((record) => putOffFor(record, clock.now()))
      .filter((ms) => ms > 0);
    if (waits.length === 0) return;
    this.#retry = clock.after(Math.min(...waits), () => {
      // A timer may be early by the wall clock.
      this.#lookWhenDue();
      this.#wake();
      this.#host.look();
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #save(record: RelationRecord): Promise<void> {
    return this.#host.save({}, this.#note(record));
  }

  #failed({ identifier }: RelationRecord, error: unknown): void {
    this.#host.parts.log.error(`relation ${identifier} could not be kept up`, {
      unit: this.#host.name,
      error,
    });
  }
}
