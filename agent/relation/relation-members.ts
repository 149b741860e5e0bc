import { serviceOfUnit } from '../../state/model/paths.js';
import type { HookHost } from '../hook-runs/hook-call.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { MemberView } from '../tree/relations.js';
import { keepLastSettings } from './last-settings.js';
import { observeMembers } from './queue.js';
import type { RelationRecords } from './relation-records.js';
import { settingsVersion } from './settings-version.js';

interface MembersHost {
  readonly host: HookHost;
  readonly records: RelationRecords;
  /** The unit itself is not among the members of a relation that it is in. */
  missing(record: RelationRecord): void;
}

/** Follows who is in each of a unit's relations, and queues the events that its hooks are to be told. */
export class RelationMembers {
  readonly #host: MembersHost;
  /** By the relation's number: ends following its members. */
  readonly #ends = new Map<string, () => void>();
  /** Who was in each relation when it was last looked at. */
  readonly #seen = new Map<string, ReadonlyMap<string, MemberView>>();

  constructor(host: MembersHost) {
    this.#host = host;
  }

  /** Follows who is in the relation from now on. @returns false where it does so already */
  follow({ relation, meeting }: RelationRecord): boolean {
    if (this.#ends.has(relation)) return false;
    const observe = (): void => this.#observe(relation);
    this.#ends.set(relation, this.#host.host.parts.meetings.subscribe(meeting, observe));
    observe();
    return true;
  }

  /** The record with the last settings of members whose departure is still to be told. @see keepLastSettings */
  withLastSettings(record: RelationRecord): RelationRecord {
    return keepLastSettings(record, this.#seen.get(record.relation));
  }

  /** The unit has left the relation. */
  forget(relation: string): void {
    this.#seen.delete(relation);
    this.#ends.get(relation)?.();
    this.#ends.delete(relation);
  }

  stop(): void {
    for (const end of this.#ends.values()) end();
    this.#ends.clear();
  }

  #observe(relation: string): void {
    const { host, records } = this.#host;
    const record = records.get(relation);
    if (record === undefined || record.queue.leaving) return;
    const members = host.parts.meetings.view(record.meeting);
    // A unit that is out of the tree may have been replaced there by another one, whose members are not its own.
    if (members === undefined || host.record().evicted !== undefined) return;
    if (!members.has(record.unit)) this.#host.missing(record);
    const others = [...members].filter(
      ([unit]) => unit !== record.unit && serviceOfUnit(unit) === record.remoteService,
    );
    // A member whose settings cannot be read stays as it was known last; a new one is not known yet.
    const versions = others.flatMap(([unit, { version, settings }]) => {
      const seen = version === undefined ? record.queue.known[unit] : settingsVersion(version, settings);
      return seen === undefined ? [] : [[unit, seen] as const];
    });
    const queue = observeMembers(record.queue, new Map(versions));
    const seen = this.#seen.get(relation);
    this.#seen.set(relation, members);
    if (queue !== record.queue)
      records
        .save(keepLastSettings({ ...record, queue }, seen))
        .catch((error: unknown) => records.failed(record, error));
  }
}
