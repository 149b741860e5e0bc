import { EnsembleError } from '../../state/platform/errors.js';
import { unitHistoryWith } from '../../state/model/history.js';
import type { HistoryEntry } from '../../state/model/history-entry.js';
import { serviceOfUnit } from '../../state/model/paths.js';
import type { UnitStatus } from '../../state/model/unit-schemas.js';
import type { WorkflowState } from '../../state/model/workflow-state.js';
import { roomRemark } from '../disk/room-remark.js';
import type { UnitRecord } from '../journal/record.js';
import type { Uses } from '../machine/parts.js';
import { addressesOf } from '../relation/address-setting.js';
import { isDiskFull, refusedBySystem } from '../contract/refused-by-system.js';
import { untilItWorks } from '../contract/retry.js';
import { type Mirror, mirrorUnit, type UnitFacts } from '../tree/mirror.js';
import { UnitNode } from '../tree/unit-node.js';
import type { PresentConfig } from '../contract/present-config.js';
import { ConfigProgress } from './config-progress.js';
import type { BlockerWords } from '../../state/model/blocker.js';
import { troubleKind } from './trouble-kind.js';
import { type Postponed, type Preparation, type Trouble, unitFacts } from './facts.js';
import type { Intent } from '../contract/operations.js';
import { type Advice, whyWaiting } from '../contract/failure-advice.js';

type ReportParts =
  | 'addresses'
  | 'clock'
  | 'coordinator'
  | 'directory'
  | 'histories'
  | 'kept'
  | 'log'
  | 'logs'
  | 'machine'
  | 'random'
  | 'writer';

/** The report is made from this. */
export interface ReportHost extends Uses<ReportParts> {
  readonly name: string;
  /** The record as the journal has it. */
  written(): UnitRecord;
  intent(): Intent;
  presentConfig(): PresentConfig;
  relationFacts(state: WorkflowState): UnitStatus['relations'];
  /** What the unit leaves before its upgrade goes ahead. */
  partingBlockers(): readonly BlockerWords[];
  /** How its upgrade waits because it is busy. */
  postponed(): Postponed;
  /** What its formula says of its health. */
  healthFacts(record: UnitRecord): UnitStatus['health'];
  /** The hook that runs, once it took longer than a moment. */
  hookFacts(): UnitStatus['hook'];
  isStopped(): boolean;
  now(): string;
  /** Told of the part of the unit's history that the tree has: it need not be kept here. */
  told(history: readonly HistoryEntry[]): void;
}

/** The report on one unit for observers, and what is known of it only for that: its node, and what it waits for. */
export class UnitReport {
  readonly mirror: Mirror;
  readonly #host: ReportHost;
  readonly #node: UnitNode;
  readonly #config = new ConfigProgress();
  /** The unit's history in the tree; undefined until it was read. */
  #past: readonly HistoryEntry[] | undefined;
  #addressesBefore: readonly string[] | undefined;
  #read: Promise<void> = Promise.resolve();
  #preparation: Preparation | undefined;
  #trouble: Trouble | undefined;
  #sending = false;

  constructor(host: ReportHost) {
    this.#host = host;
    const { coordinator, writer, histories, log, logs, clock, machine } = host.parts;
    const told = ({ history }: UnitFacts): void => {
      if (history === undefined) return;
      this.#past = history;
      host.told(history);
    };
    this.#node = new UnitNode(coordinator, host.name, machine, host.written().incarnation);
    this.mirror = mirrorUnit(
      host.name,
      { coordinator, writer, node: this.#node, histories, logged: () => logs.gathered(host.name) },
      log,
      told,
      clock,
    );
  }

  /** @param then called when the unit's node was read */
  start(then: () => Promise<void>): void {
    this.#read = this.#readNode(then);
  }

  /** Resolves when the unit's node was read: from then on there are facts. */
  known(): Promise<void> {
    return this.#read;
  }

  /** The addresses that the agent before this one set, as far as the unit's node tells; undefined until that was read. */
  addressesBefore(): readonly string[] | undefined {
    return this.#addressesBefore;
  }

  /** The unit this one was placed beside; null where it is no subordinate, undefined while that is not known. */
  principal(): string | null | undefined {
    const node = this.#node.value();
    return node && (node.principal ?? null);
  }

  /**
   * The facts for observers, all of which are in the journal; undefined until the unit's node was read.
   * @param ahead the changes that the journal gets as soon as observers were told
   */
  facts(ahead: Partial<UnitRecord> = {}): UnitFacts | undefined {
    const node = this.#node.value();
    if (node === undefined) return undefined;
    const { parts } = this.#host;
    const record = { ...this.#host.written(), ...ahead };
    const facts = unitFacts({
      unit: node,
      addresses: parts.addresses.current(),
      record,
      intent: this.#host.intent(),
      preparation: this.#preparation,
      trouble: this.#trouble,
      relations: this.#host.relationFacts(record.state),
      leaves: this.#host.partingBlockers(),
      hook: this.#host.hookFacts(),
      config: this.#config.facts(record, this.#host.presentConfig()),
      postponement: this.#host.postponed(),
      health: this.#host.healthFacts(record),
    });
    const { news = [] } = record;
    if (this.#past === undefined || news.length === 0) return facts;
    const known = new Set(this.#past.map(({ id }) => id));
    const ids = news.map(({ id }) => id).filter((id) => !known.has(id));
    return { ...facts, history: unitHistoryWith(this.#past, news), news: new Set(ids) };
  }

  /** Tells observers, once for all that changes in one turn of the event loop. */
  send(): void {
    if (this.#sending) return;
    this.#sending = true;
    setImmediate(() => {
      this.#sending = false;
      const facts = this.#host.isStopped() ? undefined : this.facts();
      if (facts !== undefined) this.mirror.report(facts);
    });
  }

  /** Says what an operation waits for, or that it goes on. */
  troubledBy(error: unknown, say = whyWaiting): void {
    const trouble = error === undefined ? undefined : this.#troubleOf(error, say);
    if (trouble?.message === this.#trouble?.message) return;
    this.#trouble = trouble && { ...trouble, kind: troubleKind(error), since: this.#host.now() };
    if (trouble !== undefined) this.#host.parts.log.warning(trouble.message, { unit: this.#host.name });
    this.send();
  }

  #troubleOf(error: unknown, say: typeof whyWaiting): Advice {
    const { name, parts } = this.#host;
    const advice = say(refusedBySystem(error, parts.directory.root), serviceOfUnit(name));
    // An operator who asks once more for a formula is told that alone.
    const isFull = say === whyWaiting && isDiskFull(error);
    const remark = isFull ? roomRemark(parts.machine, parts.kept.summary()) : '';
    return remark === '' ? advice : { ...advice, message: `${advice.message}; ${remark}` };
  }

  /** @param state of the machine's preparation */
  prepares(state: string): void {
    // A formula that cannot be prepared stands where it failed, with the reason.
    if (state === 'failed') return;
    const step = state === 'fetching' || state === 'staging' || state === 'waiting' ? state : undefined;
    if (step === this.#preparation?.step) return;
    this.#preparation = step && { step, since: this.#preparation?.since ?? this.#host.now() };
    if (step === undefined) this.#trouble = undefined;
    this.send();
  }

  async #readNode(then: () => Promise<void>): Promise<void> {
    const { name, parts } = this.#host;
    const { clock, random, log } = parts;
    const read = async (): Promise<void> => {
      const node = await this.#node.read();
      if (node !== undefined) {
        this.#addressesBefore ??= addressesOf(node.addresses?.private);
        this.#past ??= await parts.histories.open(name);
      }
      await then();
    };
    let troubled = false;
    try {
      await untilItWorks(read, {
        clock,
        random,
        mayHeal: (error) => error instanceof EnsembleError && !this.#host.isStopped(),
        failed: (error) => {
          troubled = true;
          log.error('the unit cannot be read from the state tree', { unit: name, error });
          // Until then no config is known to it, so that it honours none.
          this.troubledBy(error);
        },
      });
      if (troubled) this.troubledBy(undefined);
    } catch (error) {
      if (!this.#host.isStopped())
        log.error('the unit was not read from the state tree', { unit: name, error });
    }
  }
}
