import { randomUUID } from 'node:crypto';
import type { Abort, Resolved } from '../../state/model/request-schemas.js';
import { HookRetryEnded } from '../contract/errors.js';
import { adviseOnRelation } from '../contract/failure-advice.js';
import type { HookHost } from '../hook-runs/hook-call.js';
import type { RelationRecord } from '../journal/relation-record.js';
import { through } from './relation-hook.js';
import type { RelationRecords } from './relation-records.js';
import { untoldOfRelation } from './untold-history.js';

interface ErrorsHost {
  readonly host: HookHost;
  readonly records: RelationRecords;
  /** Goes on with a relation that is being left. */
  goOn(record: RelationRecord): void;
}

/** The relations of a unit whose hooks failed, or wait for their next try, and what leads out of that. */
export class RelationErrors {
  readonly #host: HookHost;
  readonly #records: RelationRecords;
  readonly #goOn: ErrorsHost['goOn'];

  constructor({ host, records, goOn }: ErrorsHost) {
    this.#host = host;
    this.#records = records;
    this.#goOn = goOn;
  }

  /** Honours an operator's `resolved` of a relation in error: the hook again, or as if it were through. */
  resolve(relation: string, { id, retry, by }: Pick<Resolved, 'id' | 'retry' | 'by'>): void {
    const record = this.#records.get(relation);
    if (record === undefined || this.isResolved(relation, id)) return;
    const next = retry ? { ...record, retry: null } : through(record);
    const message = retry ? 'the hook runs again' : 'taken as done';
    const news = untoldOfRelation(this.#host, record, {
      what: 'resolved',
      outcome: 'done',
      message,
      by,
    });
    this.#host
      .save(news, this.#records.note({ ...next, error: null, brief: null, next: null, resolvedId: id }))
      .then(() => this.#goOn(record))
      .catch((error: unknown) => this.#records.failed(record, error));
  }

  /** Takes every hook that failed as done: of a unit that was removed by force, nobody else can. */
  passOver(by: string): void {
    for (const { relation, error, retry } of this.#records.all())
      if (error !== null || retry) this.resolve(relation, { id: randomUUID(), retry: false, by });
  }

  /** True if a hook of some relation waits for its next try. */
  wait(): boolean {
    return this.#records.all().some(({ retry }) => retry);
  }

  /**
   * Puts a relation whose hook waits for its next try in error, as if that had been the last.
   * @param which it is, and since when it waits; by default every one that does
   * @returns whether there was any
   */
  giveUp(which?: Abort['waiting']): boolean {
    let gaveUp = false;
    for (const record of this.#records.all()) {
      const { identifier, retry } = record;
      if (!retry) continue;
      const isMeant =
        which?.relation === identifier && which.hook === retry.hook && which.since === retry.since;
      if (which !== undefined && !isMeant) continue;
      const failure = new HookRetryEnded({ sentence: retry.failure, next: retry.next });
      const message = retry.failure;
      const news = untoldOfRelation(this.#host, record, {
        what: retry.hook,
        outcome: 'failed',
        message,
      });
      this.#host
        .save(news, this.#records.note(this.inError({ ...record, retry: null }, failure)))
        .catch((cause: unknown) => this.#records.failed(record, cause));
      gaveUp = true;
    }
    return gaveUp;
  }

  /** The record of a relation whose hook failed. */
  inError(record: RelationRecord, failure: unknown): RelationRecord {
    const { name } = this.#host;
    const { message: error, brief, next } = adviseOnRelation(failure, name, record.identifier);
    return { ...record, error, brief, next: next ?? null };
  }

  /** True if a `resolved` of this id has nothing left to ask. */
  isResolved(relation: string, id: string): boolean {
    const record = this.#records.get(relation);
    return record === undefined || (record.error === null && !record.retry) || record.resolvedId === id;
  }
}
