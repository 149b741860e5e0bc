import { hasEndpoint } from '../../state/model/endpoints.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import type { UnitStatus } from '../../state/model/unit-schemas.js';
import type { WorkflowState } from '../../state/model/workflow-state.js';
import type { HookCall, HookHost, HookParts } from '../hook-runs/hook-call.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { FormulaEndpoint } from '../machine/formulas.js';
import type { AgentParts } from '../machine/parts.js';
import type { RelationView } from '../tree/relations.js';
import { addressesOf } from './address-setting.js';
import { RelationErrors } from './failed-relations.js';
import { hasNoPart, isOf, meetsOthers, recordOf, takesPart } from './joining.js';
import { OwnAddress } from './own-address.js';
import { leaveForGood, takePart, withdraw } from './participation.js';
import { forsake, leave } from './queue.js';
import { relationFacts } from './relation-facts.js';
import { relationCall } from './relation-hook.js';
import { RelationHooksInTurn } from './relation-hooks-in-turn.js';
import { RelationMembers } from './relation-members.js';
import { RelationRecords } from './relation-records.js';
import { RelationWrites } from './relation-writes.js';

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
 * One unit's relations. It joins those of its service once it has started, and leaves them when they or the unit go.
 * `RelationMembers` queues what happens in them, also while no hook may run, and `RelationHooksInTurn` tells the hooks.
 */
export class UnitRelations {
  readonly errors: RelationErrors;
  readonly #host: RelationHost;
  readonly #records: RelationRecords;
  readonly #members: RelationMembers;
  readonly #hooks: RelationHooksInTurn;
  readonly #writes: RelationWrites;
  readonly #address: OwnAddress;
  /** Dropped relations that this unit has nothing to do with any more, and which were looked at for it. */
  readonly #looked = new Set<string>();
  #endService: () => void = () => undefined;

  constructor(host: RelationHost, journalled: readonly RelationRecord[]) {
    this.#host = host;
    const records = new RelationRecords(host, journalled, () => {
      this.#hooks.wake();
      this.#hooks.lookWhenDue();
    });
    this.#records = records;
    const goOn = (record: RelationRecord): void => this.#goOnLeaving(this.current(record));
    this.errors = new RelationErrors({ host, records, goOn });
    this.#hooks = new RelationHooksInTurn({ host, records, errors: this.errors, goOn });
    this.#members = new RelationMembers({
      host,
      records,
      missing: (record) => this.#writes.write(record, takePart),
    });
    this.#writes = new RelationWrites({
      host,
      records,
      written: (relation) => {
        const record = records.get(relation);
        if (record !== undefined && !host.isStopped()) this.#tellAddress(record);
      },
    });
    this.#address = new OwnAddress(host, records);
  }

  start(): void {
    const { relations } = this.#host.parts;
    for (const record of this.all()) this.#attend(record);
    this.#hooks.lookWhenDue();
    this.#endService = relations.subscribe(serviceOfUnit(this.#host.name), () => this.look());
    this.look();
  }

  stop(): void {
    this.#endService();
    this.#hooks.stop();
    this.#members.stop();
  }

  /** Joins what is new, and starts to leave what goes, or what the unit's own formula does not have. */
  look(): void {
    const { parts, name } = this.#host;
    const wanted = parts.relations.view(serviceOfUnit(name));
    if (wanted === undefined) return;
    for (const view of wanted.values()) if (view !== null) this.#consider(view);
    for (const record of this.all()) {
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

  /** The relations whose endpoint is not among these. */
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
      const woken = this.#hooks.woken();
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
    this.#hooks.wake();
  }

  /** True if a hook of some relation is due; of one of these, if they are given. */
  due(records = this.all()): boolean {
    return this.#hooks.isDue(records);
  }

  /** Runs the next hook that is due, of these relations. A failure stops its relation alone. */
  runNext(records = this.all()): Promise<void> {
    return this.#hooks.runNext(records);
  }

  /** The record as it is now: what happens in a relation goes on while something is done for it. */
  current(record: RelationRecord): RelationRecord {
    return this.#records.current(record);
  }

  /** The call of the relation hook that an earlier agent left running. */
  callUnderWay(): Pick<HookCall, 'relation'> {
    const number = this.#host.record().hook?.relation;
    const record = number === undefined ? undefined : this.#records.get(number);
    const relation = record && relationCall(record);
    return relation === undefined ? {} : { relation };
  }

  all(): readonly RelationRecord[] {
    return this.#records.all();
  }

  /** The facts for observers; relations are paused while the unit itself is. */
  facts(state: WorkflowState): NonNullable<UnitStatus['relations']> {
    return relationFacts(this.all(), state, this.#writes.troubles);
  }

  /** Joins a relation of the unit's service, if the unit takes part in it. */
  #consider(view: RelationView): void {
    const { state, evicted } = this.#host.record();
    const isKnown = this.#records.get(view.number) !== undefined;
    if (view.relation.removing === true || !meetsOthers(state) || isKnown) return;
    if (evicted !== undefined) return;
    const joining = recordOf(this.#host.name, this.#host.principal(), view);
    if (joining === undefined) return;
    const part = this.#takesPart(joining);
    if (part === false && view.relation.dropped === true) this.#lookAtDropped(view.number);
    if (part !== true) return;
    this.#looked.delete(view.number);
    // Journalled before it is set, so that it is known again.
    const addresses = addressesOf(this.#host.parts.addresses.current()?.private);
    this.#records
      .save({ ...joining, addresses })
      .then(() => this.#attend(joining))
      .catch((error: unknown) => this.#records.failed(joining, error));
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

  /** Takes part in a relation, or goes on leaving it, from where the journal has it. */
  #attend(known: RelationRecord): void {
    if (!this.#members.follow(known)) return;
    const record = this.#records.get(known.relation);
    if (record === undefined) return;
    if (record.queue.leaving) this.#goOnLeaving(record);
    else this.#writes.write(record, takePart);
  }

  #beginLeaving(record: RelationRecord, by = leave): void {
    if (record.queue.leaving) return;
    const leaving = this.#members.withLastSettings({ ...record, queue: by(record.queue) });
    this.#records
      .save(leaving)
      .then(() =>
        // A relation that is left without a word has no hook whose end leads on.
        leaving.queue.events.length > 0 ? this.#writes.write(leaving, withdraw) : this.#goOnLeaving(leaving),
      )
      .catch((error: unknown) => this.#records.failed(record, error));
  }

  /** After `broken` is through nothing is left to do but to go. */
  #goOnLeaving(record: RelationRecord): void {
    if (!record.queue.leaving || record.queue.events.length > 0) return;
    this.#writes.write(record, async (parts, _, participant) => {
      await leaveForGood(parts, record, participant);
      await this.#host.parts.journal.removeRelation(record.unit, record.relation);
      this.#records.delete(record.relation);
      this.#members.forget(record.relation);
      this.#hooks.wake();
      this.#host.look();
    });
  }

  /** A record that is just being written may hold an address too. */
  #tellAddress(record: RelationRecord): void {
    if (!this.#writes.isUnderWay(record.relation)) this.#address.tell(record);
  }
}
