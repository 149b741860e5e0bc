import type { RelationRecord } from '../journal/relation-record.js';
import { type Advice, whyWaiting } from '../contract/failure-advice.js';
import { refusedBySystem } from '../contract/refused-by-system.js';
import type { AgentParts, Uses } from '../machine/parts.js';
import { untilItWorks } from '../contract/retry.js';
import type { HookHost } from '../hook-runs/hook-call.js';
import type { Participant } from './participation.js';

/** Writes to the tree for a unit in a relation; gets its record as it is by then. */
export type RelationWrite = (
  parts: Pick<AgentParts, 'coordinator' | 'machine' | 'writer'>,
  record: RelationRecord,
  participant: Participant,
) => Promise<void>;

/** The unit's relations, as far as what is written for them needs it. */
export interface RecordKeeper {
  readonly host: HookHost & Uses<'machine'> & { look(): void };
  /** The record as it is now; the given one where it is gone. */
  current(record: RelationRecord): RelationRecord;
  failed(record: RelationRecord, error: unknown): void;
  /** Something is through for this relation. */
  written(relation: string): void;
}

/** Writes to the tree on behalf of a unit's relations: of each, one thing at a time, until it works. */
export class RelationWrites {
  readonly #keeper: RecordKeeper;
  /** By relation and what it is about. */
  readonly #underWay = new Set<string>();
  /** Why a relation's presence or departure cannot be written yet. */
  readonly troubles = new Map<string, Advice>();

  constructor(keeper: RecordKeeper) {
    this.#keeper = keeper;
  }

  isUnderWay(relation: string): boolean {
    return [...this.#underWay].some((key) => key.startsWith(`${relation} `));
  }

  write(record: RelationRecord, write: RelationWrite): void {
    const key = `${record.relation} ${record.queue.leaving} ${record.queue.events.length === 0}`;
    if (this.#underWay.has(key)) return;
    this.#underWay.add(key);
    const { host } = this.#keeper;
    const { parts } = host;
    const { clock, random } = parts;
    const now = (): RelationRecord => this.#keeper.current(record);
    untilItWorks(() => write(parts, now(), host.record()), {
      clock,
      random,
      // The unit may be leaving the relation meanwhile that it was to take part in.
      mayHeal: () => !host.isStopped() && now().queue.leaving === record.queue.leaving,
      failed: (error) => {
        this.#keeper.failed(record, error);
        const told = refusedBySystem(error, parts.directory.root);
        this.#trouble(record, whyWaiting(told, host.record().service));
      },
    })
      .catch((error: unknown) => this.#keeper.failed(record, error))
      .finally(() => {
        this.#trouble(record, undefined);
        this.#underWay.delete(key);
        this.#keeper.written(record.relation);
      });
  }

  /** Observers are told of it. */
  #trouble({ relation }: RelationRecord, trouble: Advice | undefined): void {
    if (this.troubles.get(relation)?.message === trouble?.message) return;
    if (trouble === undefined) this.troubles.delete(relation);
    else this.troubles.set(relation, trouble);
    this.#keeper.host.look();
  }
}
