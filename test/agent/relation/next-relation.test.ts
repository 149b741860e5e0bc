import assert from 'node:assert/strict';
import { newRelationRecord, type RelationRecord } from '../../../agent/journal/relation-record.js';
import { nextDue, putOffFor } from '../../../agent/relation/next-relation.js';

const NOW = Date.parse('2026-01-01T12:00:00Z');

function relation(number: number, rest: Partial<RelationRecord> = {}): RelationRecord {
  const record = newRelationRecord({
    unit: 'f/0',
    relation: String(number),
    identifier: `db:${number}`,
    name: 'db',
    role: 'requires',
    interface: 'sql',
    remoteService: 'g',
    meeting: `/relations/${number}`,
  });
  const queue = { ...record.queue, events: [{ kind: 'joined', unit: 'g/0' } as const] };
  return { ...record, queue, ...rest };
}

function retryAfter(ms: number): NonNullable<RelationRecord['retry']> {
  const [since, until] = [new Date(NOW).toISOString(), new Date(NOW + ms).toISOString()];
  return { hook: 'db-relation-joined', failure: 'it failed', since, until, attempt: 1 };
}

describe('the relation whose hook runs next is', () => {
  const quiet = { queue: { ...relation(0).queue, events: [] } };
  const rows: readonly {
    readonly rule: string;
    readonly records: readonly RelationRecord[];
    readonly underWay?: string;
    readonly last?: string;
    readonly next: string | undefined;
  }[] = [
    { rule: 'none, if there is no relation', records: [], next: undefined },
    { rule: 'none, if nothing happened in any', records: [relation(1, quiet)], next: undefined },
    {
      rule: 'the only one in which something happened',
      records: [relation(1, quiet), relation(2)],
      next: '2',
    },
    { rule: 'the first, if none had its turn', records: [relation(1), relation(2)], next: '1' },
    {
      rule: 'the one after the last',
      records: [relation(1), relation(2), relation(3)],
      last: '1',
      next: '2',
    },
    {
      rule: 'the one after the last by number, not by name',
      records: [relation(9), relation(10)],
      last: '9',
      next: '10',
    },
    {
      rule: 'the first again after the last of all',
      records: [relation(1), relation(2)],
      last: '2',
      next: '1',
    },
    {
      rule: 'the one whose hook an earlier agent started, out of turn',
      records: [relation(1), relation(2), relation(3)],
      underWay: '3',
      last: '1',
      next: '3',
    },
    {
      rule: 'none in error, also if its hook was under way',
      records: [relation(1, { error: 'failed' }), relation(2)],
      underWay: '1',
      next: '2',
    },
    {
      rule: 'none that waits for another try: it keeps no other from its turn',
      records: [relation(1, { retry: retryAfter(1_000) }), relation(2)],
      next: '2',
    },
    { rule: 'one whose wait is over', records: [relation(1, { retry: retryAfter(0) })], next: '1' },
  ];
  for (const { rule, records, underWay, last = '', next } of rows)
    it(rule, () => assert.equal(nextDue(records, underWay, last, NOW)?.relation, next));
});

describe('a hook that failed waits', () => {
  const hour = 3_600_000;
  const rows: readonly (readonly [string, RelationRecord['retry'], number])[] = [
    ['not at all if it has no other try', null, 0],
    ['until the time that was set', retryAfter(5_000), 5_000],
    ['not any more once that is past', retryAfter(-1), 0],
    ['for an hour at most', retryAfter(hour), hour],
    ['not at all if the clock was set back so far that it would take longer', retryAfter(hour + 1), 0],
  ];
  for (const [rule, retry, ms] of rows) it(rule, () => assert.equal(putOffFor({ retry }, NOW), ms));
});
