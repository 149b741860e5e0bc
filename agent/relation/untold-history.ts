import type { Event } from '../../state/model/history-entry.js';
import type { UnitRecord } from '../journal/record.js';
import type { RelationRecord } from '../journal/relation-record.js';
import type { HookHost } from '../hook-runs/hook-call.js';
import { untoldWith } from '../journal/untold-history.js';

/** Turns an event in a relation into a change of its unit's record: news for the unit's history. */
export function untoldOfRelation(
  host: HookHost,
  { identifier }: RelationRecord,
  { message, ...event }: Omit<Event, 'at'>,
): Pick<UnitRecord, 'news'> {
  const at = new Date(host.parts.clock.now()).toISOString();
  const said = message === undefined ? `relation ${identifier}` : `relation ${identifier}: ${message}`;
  return { news: untoldWith(host.record(), { ...event, at, message: said }) };
}
