import type { RelationRecord } from '../journal/relation-record.js';

/**
 * The relation whose hook is due next. One that an earlier agent started comes first: it is adopted, as hooks of a unit
 * never overlap. Otherwise in turn, so that a busy relation does not keep the others waiting.
 * @param underWay the number of the relation whose hook the journal says is running
 * @param last the number of the one that had its turn last
 */
export function nextDue(
  records: readonly RelationRecord[],
  underWay: string | undefined,
  last: string,
): RelationRecord | undefined {
  const due = records.filter(({ error, queue }) => error === null && queue.events.length > 0);
  return (
    due.find(({ relation }) => relation === underWay) ??
    due.find(({ relation }) => Number(relation) > Number(last)) ??
    due[0]
  );
}
