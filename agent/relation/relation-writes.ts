import type { RelationRecord } from '../journal/relation-record.js';
import { type Advice, whyWaiting } from '../contract/failure-advice.js';
import { refusedBySystem } from '../contract/refused-by-system.js';
import type { AgentParts, Uses } from '../machine/parts.js';
import { untilItWorks } from '../contract/retry.js';
import type { HookHost } from '../hook-runs/hook-call.js';
import type { Participant } from './participation.js';
import type { RelationRecords } from './relation-records.js';

/** Writes to the tree for a unit in a relation; gets its record as it is by then. */
type RelationWrite = (
  parts: Pick<AgentParts, 'coordinator' | 'machine' | 'writer'>,
  record: RelationRecord,
  participant: Participant,
) => Promise<void>;

interface WritesHost {
  readonly host: HookHost & Uses<'machine'> & { look(): void };
  readonly records: RelationRecords;
  /** Something is through for this relation. */
  written(relation: string): void;
}

/** Writes to the tree on behalf of a unit's relations: of each, one thing at a time, until it works. */
export class RelationWrites {
  readonly #host: WritesHost;
  /** By relation and what it is about. */
  readonly #underWay = new Set<string>();
  /** Why a relation's presence or departure cannot be written yet. */
  readonly troubles = new Map<string, Advice>();

  constructor(host: WritesHost) {
    this.#host = host;
  }

  isUnderWay(relation: string): boolean {
    return [...this.#underWay].some((key) => key.startsWith(`${relation} `));
  }

  write(record: RelationRecord, write: RelationWrite): void {
    const key = `${record.relation} ${record.queue.leaving} ${record.queue.events.length === 0}`;
    if (this.#underWay.has(key)) return;
    this.#underWay.add(key);
    const { host, records } = this.#host;
    const { parts } = host;
    const { clock, random } = parts;
    const now = (): RelationRecord => records.current(record);
    untilItWorks(() => write(parts, now(), host.record()), {
      clock,
      random,
      // The unit may be leaving the relation meanwhile that it was to take part in.
      mayHeal: () => !host.isStopped() && now().queue.leaving === record.queue.leaving,
      failed: (error) => {
        records.failed(record, error);
        const told = refusedBySystem(error, parts.directory.root);
        this.#trouble(record, whyWaiting(told, host.record().service));
      },
    })
      .catch((error: unknown) => records.failed(record, error))
      .finally(() => {
        this.#trouble(record, undefined);
        this.#underWay.delete(key);
        this.#host.written(record.relation);
      });
  }

  /** Observers are told of it. */
  #trouble({ relation }: RelationRecord, trouble: Advice | undefined): void {
    if (this.troubles.get(relation)?.message === trouble?.message) return;
    if (trouble === undefined) this.troubles.delete(relation);
    else this.troubles.set(relation, trouble);
    this.#host.host.look();
  }
}
