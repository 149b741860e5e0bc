import { isDeepStrictEqual } from 'node:util';
import type { HistoryEntry } from '../../state/model/history-entry.js';
import type { UnitRequests } from '../../state/model/requests.js';
import { isErrorState, type WorkflowState } from '../../state/model/workflow-state.js';
import { betweenFaults } from '../../state/platform/fault-points.js';
import type { UnitRecord } from '../journal/record.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { Uses } from '../machine/parts.js';
import { untilItWorks } from '../contract/retry.js';
import { untoldAfter } from '../journal/untold-history.js';

/** The unit whose record it is. */
export interface RecordHost extends Uses<'clock' | 'journal' | 'log' | 'random'> {
  readonly name: string;
  readonly relations: { current(record: RelationRecord): RelationRecord };
  requests(): UnitRequests;
  /** True if this agent has let go of the unit. */
  isStopped(): boolean;
  troubledBy(error: unknown): void;
  now(): string;
  /** The record changed on disk. */
  look(): void;
}

/** The journal's record of a unit: what it is now, and how changes of it come to the disk. */
export class JournalledRecord {
  readonly #host: RecordHost;
  #record: UnitRecord;
  /** The record as it is on disk. */
  #written: UnitRecord;
  /** Whether something was noted that is in no write yet. */
  #unwritten = false;
  #writes = 0;
  #writing: Promise<void> = Promise.resolve();

  constructor(host: RecordHost, record: UnitRecord) {
    this.#host = host;
    this.#record = record;
    this.#written = record;
  }

  record(): UnitRecord {
    return this.#record;
  }

  /**
   * The record for others: nothing in it is done again, or told again as something new, after the agent was killed.
   */
  written(): UnitRecord {
    return this.#written;
  }

  /** True if the disk has all of it. */
  isWritten(): boolean {
    return !this.#unwritten && this.#writes === 0;
  }

  /**
   * Changes the record, to be written with the next `save`: for what is done again, to the same end, where it gets
   * lost.
   */
  note(change: Partial<UnitRecord>): void {
    const before = this.#record;
    const names = Object.keys(change) as (keyof UnitRecord)[];
    if (names.every((name) => isDeepStrictEqual(change[name], before[name]))) return;
    const after = { ...before, ...change };
    this.#record = { ...after, news: untoldAfter(before, after, this.#host.requests(), this.#host.now()) };
    this.#unwritten = true;
  }

  /**
   * Changes the record and, in the same write, that of one of the unit's relations. Effective at once; on disk when it
   * resolves, and mirrored after that. A record that says so already is not written again. A journal that cannot be
   * written (a full disk) holds the unit up: nothing is done that was not written down.
   */
  save(change: Partial<UnitRecord>, relation?: RelationRecord): Promise<void> {
    this.note(change);
    if (this.#unwritten || relation !== undefined) this.#writing = this.#write(relation);
    return this.#writing;
  }

  /**
   * Journals that the workflow enters `state`. Entering the state it is in already, as after a restart, keeps what was
   * done in it. Leaving an error state honours the operator's `resolved`, which is taken off the tree afterwards; by
   * `--retry` only what failed is done again, as a further attempt.
   */
  enter(state: WorkflowState, change?: Partial<UnitRecord>): Promise<void> {
    this.noteState(state, change);
    return this.save({});
  }

  /** The same, to be written with what is done first in the state. */
  noteState(state: WorkflowState, change: Partial<UnitRecord> = {}): void {
    const { state: before, resolvedId, done, attempts } = this.#record;
    if (before === state) {
      this.note(change);
      return;
    }
    const { resolved } = this.#host.requests();
    const honoured = isErrorState(before) && resolved !== undefined && resolved.value.id !== resolvedId;
    const again = isErrorState(state) || (honoured && resolved.value.retry);
    this.note({
      state,
      since: this.#host.now(),
      done: again ? done : [],
      attempts: again ? attempts : 0,
      hook: null,
      retry: null,
      error: null,
      brief: null,
      next: null,
      failedConfig: undefined,
      deaths: {},
      ...(state !== 'upgrading' && state !== 'upgrade-error' && { upgrade: null }),
      ...(honoured && { resolvedId: resolved.value.id }),
      ...change,
    });
    this.#host.parts.log.info(state, { unit: this.#host.name });
  }

  /** The tree has these: they are no news any more. */
  told(history: readonly HistoryEntry[]): void {
    const told = new Set(history.map(({ id }) => id));
    const without = (record: UnitRecord): UnitRecord => ({
      ...record,
      news: (record.news ?? []).filter(({ id }) => !told.has(id)),
    });
    this.#record = without(this.#record);
    this.#written = without(this.#written);
  }

  async #write(relation: RelationRecord | undefined): Promise<void> {
    this.#unwritten = false;
    this.#writes += 1;
    const host = this.#host;
    const { clock, random, journal, log } = host.parts;
    const write = async (): Promise<void> => {
      const record = this.#record;
      await journal.write(record, relation && host.relations.current(relation));
      this.#written = record;
    };
    const point = `${this.#record.upgrade?.step ?? this.#record.state}.journal`;
    let hindered = false;
    await untilItWorks(() => betweenFaults(point, write), {
      clock,
      random,
      mayHeal: () => !host.isStopped(),
      failed: (error) => {
        hindered = true;
        log.error('the journal cannot be written', { unit: host.name, error });
        host.troubledBy(error);
      },
    });
    this.#writes -= 1;
    if (hindered) host.troubledBy(undefined);
    host.look();
  }
}
