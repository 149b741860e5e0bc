import type { whyWaiting } from '../contract/failure-advice.js';
import { isDeepStrictEqual } from 'node:util';
import { type Actor, createActor } from 'xstate';
import type { RunningHook } from '../../hooks/process/hook-run.js';
import type { Observation } from '../../state/coordination/coordinator.js';
import type { ConfigValue } from '../../state/formula/config-types.js';
import type { HookRules } from '../../state/formula/hook-rules.js';
import type { UpgradeRules } from '../../state/formula/upgrade-rules.js';
import type { DebugRequest } from '../../state/model/debugging.js';
import { noRequests, type UnitRequests } from '../../state/model/requests.js';
import type { WorkflowState } from '../../state/model/workflow-state.js';
import { type UnitDirectory, unitDirectory } from '../disk/unit-directory.js';
import type { HookRetry, UnitRecord } from '../journal/record.js';
import type { RelationRecord } from '../journal/relation-record.js';
import { ofLife } from '../contract/log.js';
import type { AgentParts } from '../machine/parts.js';
import { type RelationHost, UnitRelations } from '../relation/unit-relations.js';
import { watchRequests } from '../tree/watch-requests.js';
import { RetryWait, type WaitEnd, type WaitHost } from '../hook-runs/await-retry.js';
import { UnitCommands } from '../hook-runs/commands.js';
import type { PresentConfig } from '../contract/present-config.js';
import { AskedAnew } from './asked-anew.js';
import { evictionRequests } from './eviction.js';
import { FormulaInPlace } from './formula-in-place.js';
import { hookLog } from '../hook-runs/hook-source.js';
import { JournalledRecord, type RecordHost } from './journalled-record.js';
import { unitMachine } from './machine.js';
import { mendFormula } from '../operations/mend-formula.js';
import { isDirectoryMissing } from '../hook-runs/missing-directory.js';
import type { Intent } from '../contract/operations.js';
import { UnitHealth } from '../health/unit-health.js';
import { Parting } from '../operations/parting.js';
import { BeforeStart } from '../postpone/before-start.js';
import { OwnWord } from '../postpone/own-word.js';
import { Lockstep } from '../postpone/lockstep.js';
import { Postponement } from '../postpone/postponement.js';
import { expectAdoption } from '../hook-runs/run-hook.js';
import { RunningHooks, type RunningHost } from '../hook-runs/running-hooks.js';
import { SpentRequests } from '../operations/spent-requests.js';
import { takeUp } from '../operations/loop-breaker.js';
import { type OperatedUnit, unitOperations } from '../operations/unit-operations.js';
import { type ReportHost, UnitReport } from '../report/unit-report.js';
import { computeIntent, noIntent } from './intent.js';
import { OthersUpgrades } from '../postpone/others-upgrades.js';
import { RelatedUnits } from '../postpone/related-units.js';

/** Who hosts the unit. */
export interface UnitOwner {
  /** The unit has been removed from this machine. */
  gone(unit: { readonly name: string }): void;
  /** The tree may have another life of the unit's name, or none: it is to be looked at. */
  suspects(unit: { readonly name: string }): void;
}

/**
 * One unit of this machine: its journal record, what is wanted of it, and the xstate machine that goes from the one to
 * the other. What the operations do is in `operations/unit-operations.ts` and the files it names.
 *
 * Each part of the unit is given it by a small contract of the part's own, which says all that the part may touch; the
 * contracts that stand below are those of the parts with the most of it.
 */
export class AgentUnit implements OperatedUnit, RelationHost, RecordHost, RunningHost, WaitHost {
  readonly name: string;
  readonly parts: AgentParts;
  readonly directory: UnitDirectory;
  readonly writtenSettings = new Map<string, number>();
  readonly relations: UnitRelations;
  readonly inPlace: FormulaInPlace;
  readonly commands: UnitCommands;
  readonly report: UnitReport;
  readonly askedAnew = new AskedAnew();
  readonly #retryWait: RetryWait;
  readonly parting: Parting;
  readonly word = new OwnWord(this);
  readonly others = new OthersUpgrades(this);
  readonly related = new RelatedUnits(this);
  readonly postponement: Postponement;
  readonly health: UnitHealth = new UnitHealth(this);
  readonly lockstep = new Lockstep(this);
  readonly #beforeStart = new BeforeStart(this);
  readonly #running: RunningHooks;
  readonly #actor: Actor<typeof unitMachine>;
  readonly #ends: (() => void)[] = [];
  readonly #journalled: JournalledRecord;
  #requests = noRequests;
  #intent: Intent = noIntent;
  readonly #spent = new SpentRequests(this);
  readonly #begun = new Set<string>();
  #stopped = false;

  readonly #owner: UnitOwner;

  constructor(parts: AgentParts, record: UnitRecord, relations: readonly RelationRecord[], owner: UnitOwner) {
    this.name = record.unit;
    this.#owner = owner;
    this.parts = { ...parts, log: ofLife(parts.log, record.incarnation) };
    // A record of before boots were noted: what runs is taken to have been started in this one.
    this.#journalled = new JournalledRecord(this, { ...record, boot: record.boot ?? parts.boot });
    this.directory = unitDirectory(parts.directory.units, record.unit);
    this.inPlace = new FormulaInPlace(
      parts,
      () => this.record(),
      (reason) => this.troubledBy(reason),
    );
    if (record.evicted !== undefined) this.inPlace.part();
    this.relations = new UnitRelations(this, relations);
    this.commands = new UnitCommands(this, () => this.requests().commands);
    this.parting = new Parting(this);
    this.postponement = new Postponement(this);
    this.#running = new RunningHooks(this);
    this.#retryWait = new RetryWait(this);
    this.report = new UnitReport(this.#told());
    this.#actor = createActor(unitMachine, {
      input: { operations: unitOperations(this), intent: noIntent },
    });
    this.#actor.subscribe({
      next: ({ value }) => this.report.prepares(value.preparation),
      // It completes by being stopped too, when the unit stays.
      complete: () => {
        if (!this.#stopped) owner.gone(this);
      },
      error: (error) =>
        this.parts.log.error('the unit stands still: this is a bug', { unit: this.name, error }),
    });
  }

  /** What observers are told of: each fact by the part that knows it. */
  #told(): ReportHost {
    const { name, parts, parting, postponement } = this;
    return {
      name,
      parts,
      written: () => this.written(),
      intent: () => this.intent(),
      presentConfig: () => this.presentConfig(),
      isStopped: () => this.isStopped(),
      now: () => this.now(),
      hookFacts: () => this.#running.facts(),
      healthFacts: (record) => this.health.facts(record),
      partingBlockers: () => parting.blockers(),
      postponed: () => ({
        blockers: postponement.blockers(),
        postponed: postponement.facts(),
        overAt: postponement.overAt(),
      }),
      relationFacts: (state) => this.relations.facts(state),
      told: (history) => this.#journalled.told(history),
    };
  }

  /** Takes the unit up where its journal left it. */
  start(): void {
    const { coordinator, services, log, logs } = this.parts;
    this.#ends.push(this.parts.addresses.subscribe(() => this.look()));
    this.#ends.push(services.subscribe(this.record().service, () => this.look()));
    const life = { unit: this.name, incarnation: this.record().incarnation };
    const isAnother = (): void => this.#owner.suspects(this);
    const requests: Observation = watchRequests(coordinator, life, log, isAnother, (found) => {
      this.#requests = found;
      this.askedAnew.look(found.upgrade?.version);
      for (const [relation, { value }] of found.relations) this.relations.errors.resolve(relation, value);
      this.look();
    });
    this.#ends.push(() => requests.close());
    if (this.record().formula !== null) void logs.attend(this.name, hookLog(this.directory));
    this.#ends.push(() => logs.forget(this.name));
    if (isDirectoryMissing(this)) this.#configureOnceThere();
    this.relations.start();
    expectAdoption(this, this.relations.callUnderWay());
    this.#actor.start();
    this.report.start(async () => {
      await this.inPlace.load();
      this.look();
    });
    this.look();
  }

  /** Its configuring waits for the directory, so that the status tells of it before anything is asked of the unit. */
  #configureOnceThere(): void {
    this.note({ configDigest: null });
  }

  /** @see WatchedUnit.misses */
  misses(): boolean {
    if (this.#stopped || this.isEvicted() || this.record().state !== 'started') return false;
    this.#configureOnceThere();
    this.look();
    return true;
  }

  /** Leaves the unit as it is: its hooks go on, and the next agent takes it up from the journal. */
  stop(): void {
    this.#letGo();
    this.#running.release();
  }

  /** The same where the machine is another agent's, which runs the unit itself: resolves when no hook of it runs. */
  async abandon(): Promise<void> {
    this.#letGo();
    await this.#running.end();
  }

  #letGo(): void {
    this.#stopped = true;
    for (const end of this.#ends.splice(0)) end();
    this.relations.stop();
    this.#retryWait.close();
    this.postponement.close();
    this.others.close();
    this.related.close();
    this.health.close();
    this.#beforeStart.close();
    this.lockstep.close();
    this.commands.close();
    this.report.mirror.close();
    this.#actor.stop();
  }

  /** True if this agent has let go of the unit. */
  isStopped(): boolean {
    return this.#stopped;
  }

  /** True the first time that this agent sets about `strand`. */
  isFirst(strand: string): boolean {
    const first = !this.#begun.has(strand);
    this.#begun.add(strand);
    return first;
  }

  takeUp(): Promise<void> | undefined {
    return takeUp(this, 'workflow');
  }

  record(): UnitRecord {
    return this.#journalled.record();
  }

  written(): UnitRecord {
    return this.#journalled.written();
  }

  requests(): UnitRequests {
    const { evicted } = this.record();
    return evicted === undefined ? this.#requests : evictionRequests(evicted, this.record());
  }

  /** True if the tree no longer knows the unit. */
  isEvicted(): boolean {
    return this.record().evicted !== undefined;
  }

  /** Stops the unit and puts its data aside, as it was removed by force: the tree knows it no more. */
  evict({ requestedAt, by, isRemoval }: NonNullable<UnitRecord['evicted']>): void {
    this.note({ evicted: { requestedAt, by, ...(isRemoval !== undefined && { isRemoval }) } });
    this.inPlace.part();
    this.look();
  }

  intent(): Intent {
    return this.#intent;
  }

  /** @see JournalledRecord.note */
  note(change: Partial<UnitRecord>): void {
    this.#journalled.note(change);
  }

  /** @see JournalledRecord.save */
  save(change: Partial<UnitRecord>, relation?: RelationRecord): Promise<void> {
    return this.#journalled.save(change, relation);
  }

  /** @see JournalledRecord.enter */
  enter(state: WorkflowState, change?: Partial<UnitRecord>): Promise<void> {
    return this.#journalled.enter(state, change);
  }

  /** @see JournalledRecord.noteState */
  noteState(state: WorkflowState, change?: Partial<UnitRecord>): void {
    this.#journalled.noteState(state, change);
  }

  config(): Promise<Readonly<Record<string, ConfigValue>>> {
    return this.inPlace.config();
  }

  presentConfig(): PresentConfig {
    const version = this.parts.services.view(this.record().service)?.configVersion;
    return { version, digest: this.inPlace.knownDigest() };
  }

  hookRules(hook: string): Promise<HookRules> {
    return this.inPlace.hookRules(hook);
  }

  awaitRetry(retry: HookRetry, longest: number): Promise<WaitEnd> {
    return this.#retryWait.wait(retry, longest);
  }

  async runDueCommand(): Promise<boolean> {
    if (!this.commands.due()) return false;
    await this.commands.runNext();
    this.look();
    return true;
  }

  takeAbort(): boolean {
    return this.#running.takeAbort();
  }

  tell(): void {
    this.report.send();
  }

  mendFormula(hook: string): Promise<boolean> {
    return mendFormula(this, hook);
  }

  upgradeRules(): UpgradeRules | undefined {
    return this.inPlace.upgradeRules();
  }

  healthInterval(): number | undefined {
    return this.inPlace.healthInterval();
  }

  troubledBy(error: unknown, say?: typeof whyWaiting): void {
    this.report.troubledBy(error, say);
  }

  relationRecords(): readonly RelationRecord[] {
    return this.relations.all();
  }

  addressesBefore(): readonly string[] | undefined {
    return this.report.addressesBefore();
  }

  principal(): string | null | undefined {
    return this.report.principal();
  }

  debugRequest(): DebugRequest | undefined {
    return this.requests().debug?.value;
  }

  running(hook: RunningHook): () => void {
    return this.#running.add(hook);
  }

  now(): string {
    return new Date(this.parts.clock.now()).toISOString();
  }

  /** Looks again at everything that may ask something of the unit. */
  look(): void {
    if (this.#stopped) return;
    this.relations.look();
    const view = this.parts.services.view(this.record().service);
    const { evicted } = this.record();
    if (evicted !== undefined) this.relations.errors.passOver(evicted.by);
    this.others.look();
    const intent = computeIntent(
      this.record(),
      this.requests(),
      view,
      this.inPlace.knownDigest(),
      this.relations.due(),
      this.commands.due(),
      (wanted) => this.parting.stands(wanted),
      (wanted) => this.postponement.stands(wanted),
      (wanted, postponed) => this.#beforeStart.awaits(wanted, postponed),
      (wanted) => this.postponement.question(wanted) !== undefined,
      this.health.due(),
      this.lockstep,
      this.others.due() !== undefined,
    );
    this.parting.lookWhetherCalledOff(intent.upgrade);
    // The machine looks by itself whenever it comes to another state; only other wants are news to it.
    if (!isDeepStrictEqual(intent, this.#intent)) {
      this.#intent = intent;
      this.#actor.send({ type: 'LOOK', intent });
    }
    if (intent.run) this.relations.wake();
    this.#running.look();
    this.#retryWait.look();
    this.report.send();
    // Not before the journal says that they are spent: a kill in between would leave nobody who knows of it.
    if (!this.isEvicted() && this.#journalled.isWritten()) this.#spent.takeOff();
  }
}
