import type { RelationRecord } from '../journal/relation-record.js';

/**
 * The relation whose hook is due next. One that an earlier agent started comes first: it is adopted, as hooks of a unit
 * never overlap. Otherwise in turn, so that a busy relation does not keep the others waiting.
 * @param underWay the number of the relation whose hook the journal says is running
 * @param last the number of the one that had its turn last
 * @param now milliseconds since the epoch: a relation whose hook waits for its next try keeps no other from its turn
 */
export function nextDue(
  records: readonly RelationRecord[],
  underWay: string | undefined,
  last: string,
  now: number,
): RelationRecord | undefined {
  const due = records.filter(
    (record) => record.error === null && record.queue.events.length > 0 && putOffFor(record, now) === 0,
  );
  return (
    due.find(({ relation }) => relation === underWay) ??
    due.find(({ relation }) => Number(relation) > Number(last)) ??
    due[0]
  );
}

/** Milliseconds; a wall clock that was set back must not make a relation wait longer. */
const LONGEST = 3_600_000;

/** Milliseconds until the relation's hook, having failed, is to run again; 0 where it does not wait. */
export function putOffFor({ retry }: Pick<RelationRecord, 'retry'>, now: number): number {
  if (!retry) return 0;
  const left = Date.parse(retry.until) - now;
  return left > LONGEST ? 0 : Math.max(0, left);
}
