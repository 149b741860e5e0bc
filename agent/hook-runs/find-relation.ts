import type { RelationRecord } from '../journal/relation-record.js';
import type { HookHost } from './hook-call.js';

/** The unit's relation of this id, e.g. `db:4`. */
export function findRelation(host: HookHost, id: string): RelationRecord | undefined {
  return host.relationRecords().find((record) => record.identifier === id);
}
