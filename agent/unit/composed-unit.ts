import type { RunningHook } from '../../hooks/process/hook-run.js';
import type { ConfigValue } from '../../state/formula/config-types.js';
import type { HookRules } from '../../state/formula/hook-rules.js';
import type { UpgradeRules } from '../../state/formula/upgrade-rules.js';
import type { DebugRequest } from '../../state/model/debugging.js';
import type { UnitRequests } from '../../state/model/requests.js';
import type { WorkflowState } from '../../state/model/workflow-state.js';
import type { whyWaiting } from '../contract/failure-advice.js';
import { ofLife } from '../contract/log.js';
import type { Intent } from '../contract/operations.js';
import type { PresentConfig } from '../contract/present-config.js';
import { type UnitDirectory, unitDirectory } from '../disk/unit-directory.js';
import { UnitHealth } from '../health/unit-health.js';
import { RetryWait, type WaitEnd, type WaitHost } from '../hook-runs/await-retry.js';
import { UnitCommands } from '../hook-runs/commands.js';
import { RunningHooks, type RunningHost } from '../hook-runs/running-hooks.js';
import type { HookRetry, UnitRecord } from '../journal/record.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { AgentParts } from '../machine/parts.js';
import { takeUp } from '../operations/loop-breaker.js';
import { mendFormula } from '../operations/mend-formula.js';
import { Parting } from '../operations/parting.js';
import type { OperatedUnit } from '../operations/unit-operations.js';
import { BeforeStart } from '../postpone/before-start.js';
import { Lockstep } from '../postpone/lockstep.js';
import { OthersUpgrades } from '../postpone/others-upgrades.js';
import { OwnWord } from '../postpone/own-word.js';
import { Postponement } from '../postpone/postponement.js';
import { RelatedUnits } from '../postpone/related-units.js';
import { type RelationHost, UnitRelations } from '../relation/unit-relations.js';
import { UnitReport } from '../report/unit-report.js';
import { AskedOfUnit } from './asked-of-unit.js';
import { FormulaInPlace } from './formula-in-place.js';
import { computeIntent } from './intent.js';
import { JournalledRecord, type RecordHost } from './journalled-record.js';

/**
 * The parts of a unit, put together. Each part is given the unit by a small contract of the part's own, which says all
 * that the part may touch; this class fulfils those contracts by asking the other parts. What sets the parts going is
 * in `unit.ts`.
 */
export abstract class ComposedUnit implements OperatedUnit, RelationHost, RecordHost, RunningHost, WaitHost {
  readonly name: string;
  readonly parts: AgentParts;
  readonly directory: UnitDirectory;
  readonly writtenSettings = new Map<string, number>();
  readonly relations: UnitRelations;
  readonly inPlace: FormulaInPlace;
  readonly commands: UnitCommands;
  readonly report: UnitReport;
  readonly asked = new AskedOfUnit();
  readonly parting: Parting;
  readonly word = new OwnWord(this);
  readonly others = new OthersUpgrades(this);
  readonly related = new RelatedUnits(this);
  readonly postponement: Postponement;
  readonly health: UnitHealth = new UnitHealth(this);
  readonly lockstep = new Lockstep(this);
  readonly journalled: JournalledRecord;
  readonly hooksUnderWay: RunningHooks;
  readonly retryWait: RetryWait;
  readonly #beforeStart = new BeforeStart(this);
  readonly #begun = new Set<string>();

  constructor(parts: AgentParts, record: UnitRecord, relations: readonly RelationRecord[]) {
    this.name = record.unit;
    this.parts = { ...parts, log: ofLife(parts.log, record.incarnation) };
    // A record of before boots were noted: what runs is taken to have been started in this one.
    this.journalled = new JournalledRecord(this, { ...record, boot: record.boot ?? parts.boot });
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
    this.hooksUnderWay = new RunningHooks(this);
    this.retryWait = new RetryWait(this);
    this.report = this.#makeReport();
  }

  /** The report tells each fact by the part that knows it. */
  #makeReport(): UnitReport {
    const { name, parts, parting, postponement } = this;
    return new UnitReport({
      name,
      parts,
      written: () => this.written(),
      intent: () => this.intent(),
      presentConfig: () => this.presentConfig(),
      isStopped: () => this.isStopped(),
      now: () => this.now(),
      hookFacts: () => this.hooksUnderWay.facts(),
      healthFacts: (record) => this.health.facts(record),
      partingBlockers: () => parting.blockers(),
      postponed: () => ({
        blockers: postponement.blockers(),
        postponed: postponement.facts(),
        overAt: postponement.overAt(),
      }),
      relationFacts: (state) => this.relations.facts(state),
      told: (history) => this.journalled.told(history),
    });
  }

  /** Looks again at everything that may ask something of the unit. */
  abstract look(): void;

  /** True if this agent has let go of the unit. */
  abstract isStopped(): boolean;

  /** What is wanted of the unit since it looked last. */
  abstract intent(): Intent;

  /** Ends what the parts watch and wait for; the hooks that run go on. */
  closeParts(): void {
    this.relations.stop();
    this.retryWait.close();
    this.postponement.close();
    this.others.close();
    this.related.close();
    this.health.close();
    this.#beforeStart.close();
    this.lockstep.close();
    this.commands.close();
    this.report.mirror.close();
  }

  /** What is wanted of the unit now. */
  computeIntent(): Intent {
    return computeIntent({
      record: this.record(),
      requests: this.requests(),
      view: this.parts.services.view(this.record().service),
      digest: this.inPlace.knownDigest(),
      relate: this.relations.due(),
      run: this.commands.due(),
      checksHealth: this.health.due(),
      asksForOther: this.others.due() !== undefined,
      leave: (wanted) => this.parting.stands(wanted),
      postponed: (wanted) => this.postponement.stands(wanted),
      upgradesFirst: (wanted, postponed) => this.#beforeStart.awaits(wanted, postponed),
      asks: (wanted) => this.postponement.question(wanted) !== undefined,
      lockstep: this.lockstep,
    });
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
    return this.journalled.record();
  }

  written(): UnitRecord {
    return this.journalled.written();
  }

  requests(): UnitRequests {
    return this.asked.requests(this.record());
  }

  /** True if the tree no longer knows the unit. */
  isEvicted(): boolean {
    return this.record().evicted !== undefined;
  }

  /** @see JournalledRecord.note */
  note(change: Partial<UnitRecord>): void {
    this.journalled.note(change);
  }

  /** @see JournalledRecord.save */
  save(change: Partial<UnitRecord>, relation?: RelationRecord): Promise<void> {
    return this.journalled.save(change, relation);
  }

  /** @see JournalledRecord.enter */
  enter(state: WorkflowState, change?: Partial<UnitRecord>): Promise<void> {
    return this.journalled.enter(state, change);
  }

  /** @see JournalledRecord.noteState */
  noteState(state: WorkflowState, change?: Partial<UnitRecord>): void {
    this.journalled.noteState(state, change);
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
    return this.retryWait.wait(retry, longest);
  }

  async runDueCommand(): Promise<boolean> {
    if (!this.commands.due()) return false;
    await this.commands.runNext();
    this.look();
    return true;
  }

  takeAbort(): boolean {
    return this.hooksUnderWay.takeAbort();
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
    return this.hooksUnderWay.add(hook);
  }

  now(): string {
    return new Date(this.parts.clock.now()).toISOString();
  }
}
