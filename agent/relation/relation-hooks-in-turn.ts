import { join } from 'node:path';
import { removeRun } from '../../hooks/process/run-directory.js';
import type { Timer } from '../../state/platform/clock.js';
import { wordsOf } from '../contract/refused-by-system.js';
import type { HookHost } from '../hook-runs/hook-call.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { RelationErrors } from './failed-relations.js';
import { nextDue, putOffFor } from './next-relation.js';
import { relationHookName, runRelationHook } from './relation-hook.js';
import type { RelationRecords } from './relation-records.js';
import { untoldOfRelation } from './untold-history.js';

interface TurnsHost {
  readonly host: HookHost & { look(): void };
  readonly records: RelationRecords;
  readonly errors: Pick<RelationErrors, 'inError'>;
  /** The hook of the relation is through, or failed: goes on with a relation that is being left. */
  goOn(record: RelationRecord): void;
}

/** Runs the hooks of a unit's relations one at a time, each relation in its turn, and a hook that failed again later. */
export class RelationHooksInTurn {
  readonly #host: TurnsHost;
  /** The relation that had its turn last. */
  #last = '';
  #retry: Timer | undefined;
  #sleepers: (() => void)[] = [];

  constructor(host: TurnsHost) {
    this.#host = host;
  }

  /** True if a hook of one of these relations is due. */
  isDue(records: readonly RelationRecord[]): boolean {
    return this.#next(records) !== undefined;
  }

  /** Runs the next hook that is due, of these relations. A failure stops its relation alone. */
  async runNext(among: readonly RelationRecord[]): Promise<void> {
    const { host, records, errors, goOn } = this.#host;
    const record = this.#next(among);
    if (record === undefined) return;
    this.#last = record.relation;
    try {
      // A hook that goes on from before is taken up when it is adopted.
      if (host.record().hook === null) await host.takeUp();
      await runRelationHook(host, record, {
        get: () => records.current(record),
        set: (changed) => records.note(changed),
      });
    } catch (error) {
      // An agent that stops cannot go on with the hook, which is no failure of it. The next agent finds the run in the
      // journal: begun and not started, or with the status it ended with.
      if (host.isStopped()) throw error;
      const failed = errors.inError(records.current(record), error);
      host.parts.log.error(`relation ${record.identifier}: ${failed.error}`, { unit: host.name });
      const { hook } = host.record();
      const news = untoldOfRelation(host, record, {
        what: relationHookName(record),
        outcome: 'failed',
        message: wordsOf(error),
      });
      await host.save({ hook: null, ...news }, records.note(failed));
      if (hook !== null) await removeRun(join(host.parts.directory.runs, hook.id));
    }
    goOn(record);
  }

  /** Resolves when a record changes next, or something that is waited for may be there. */
  woken(): Promise<void> {
    return new Promise((resolve) => this.#sleepers.push(resolve));
  }

  wake(): void {
    for (const resolve of this.#sleepers.splice(0)) resolve();
  }

  /** Sets the timer for the next hook that waits for another try: looks again when it is due. */
  lookWhenDue(): void {
    const { host, records } = this.#host;
    const { clock } = host.parts;
    this.#retry?.cancel();
    const waits = records
      .all()
      .map((record) => putOffFor(record, clock.now()))
      .filter((ms) => ms > 0);
    if (waits.length === 0) return;
    this.#retry = clock.after(Math.min(...waits), () => {
      // A timer may be early by the wall clock.
      this.lookWhenDue();
      this.wake();
      host.look();
    });
  }

  stop(): void {
    this.#retry?.cancel();
  }

  #next(records: readonly RelationRecord[]): RelationRecord | undefined {
    const { host } = this.#host;
    return nextDue(records, host.record().hook?.relation, this.#last, host.parts.clock.now());
  }
}
