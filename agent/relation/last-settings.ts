import type { RelationRecord } from '../journal/relation-record.js';
import type { MemberView } from '../tree/relations.js';

/**
 * The record with what units had set last whose `departed` is still to run: by then nothing of them may be left in the
 * tree. The rest is forgotten.
 * @param seen the members as they were before; without them, only what was kept already is
 */
export function keepLastSettings(
  record: RelationRecord,
  seen: ReadonlyMap<string, MemberView> = new Map(),
): RelationRecord {
  const departed = record.queue.events.flatMap((event) => {
    if (event.kind !== 'departed') return [];
    const settings = record.departed[event.unit] ?? seen.get(event.unit)?.settings;
    return settings === undefined ? [] : [[event.unit, settings] as const];
  });
  return { ...record, departed: Object.fromEntries(departed) };
}
