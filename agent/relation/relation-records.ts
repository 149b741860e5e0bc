import type { HookHost } from '../hook-runs/hook-call.js';
import type { RelationRecord } from '../journal/relation-record.js';

/** The journal's records of one unit's relations as they are now: they change also while something is done for one. */
export class RelationRecords {
  readonly #host: HookHost;
  readonly #records: Map<string, RelationRecord>;
  readonly #noted: () => void;

  /** @param noted called after each change of a record */
  constructor(host: HookHost, records: readonly RelationRecord[], noted: () => void) {
    this.#host = host;
    this.#records = new Map(records.map((record) => [record.relation, record]));
    this.#noted = noted;
  }

  all(): readonly RelationRecord[] {
    return [...this.#records.values()];
  }

  /** @param relation its number */
  get(relation: string): RelationRecord | undefined {
    return this.#records.get(relation);
  }

  /** The record as it is now; the given one where it is gone. */
  current(record: RelationRecord): RelationRecord {
    return this.#records.get(record.relation) ?? record;
  }

  /** Makes `record` the current one and gives it back; whoever saves next journals it. */
  note(record: RelationRecord): RelationRecord {
    this.#records.set(record.relation, record);
    this.#noted();
    return record;
  }

  /** Makes `record` the current one and journals it. */
  save(record: RelationRecord): Promise<void> {
    return this.#host.save({}, this.note(record));
  }

  /** The unit has left the relation for good. */
  delete(relation: string): void {
    this.#records.delete(relation);
  }

  /** Logs that something could not be done for a relation. */
  failed({ identifier }: RelationRecord, error: unknown): void {
    this.#host.parts.log.error(`relation ${identifier} could not be kept up`, {
      unit: this.#host.name,
      error,
    });
  }
}
