import assert from 'node:assert/strict';
import { newRecord } from '../../../agent/journal/record.js';
import { AskedOfUnit } from '../../../agent/unit/asked-of-unit.js';
import { noRequests, type UnitRequests } from '../../../state/model/requests.js';

const by = { requestedAt: '2026-01-01T00:00:00Z', by: 'ann@host' };
const record = newRecord('f/0', 'f', by.requestedAt);

function upgrade(version: number): UnitRequests {
  return { ...noRequests, upgrade: { value: by, version } };
}

describe('what is asked of a unit', () => {
  it('is nothing at first, and then what the tree has', () => {
    const asked = new AskedOfUnit();
    assert.equal(asked.requests(record), noRequests);
    const found = upgrade(0);
    asked.take(found);
    assert.equal(asked.requests(record), found);
  });

  const rows = [
    { rule: 'with its data kept for good, if only its machine was removed', evicted: by, keepData: true },
    {
      rule: 'with its data kept for a while, if it was to be removed',
      evicted: { ...by, isRemoval: true },
      keepData: undefined,
    },
  ] as const;
  for (const { rule, evicted, keepData } of rows)
    it(`once the tree does not know it any more, is to go, ${rule}`, () => {
      const asked = new AskedOfUnit();
      asked.take(upgrade(0));
      const { removal, resolved, upgrade: wanted } = asked.requests({ ...record, evicted });
      assert.deepEqual([removal?.value.by, removal?.value.keepData], ['ann@host', keepData]);
      assert.equal(resolved?.value.retry, false, 'hooks that fail are taken as done');
      assert.equal(wanted, undefined, 'the requests of the tree are of another unit');
    });

  it('resolves each failure anew, once it does not know it any more', () => {
    const idIn = (state: 'stop-error' | 'config-error'): string | undefined =>
      new AskedOfUnit().requests({ ...record, state, evicted: by }).resolved?.value.id;
    assert.notEqual(idIn('stop-error'), idIn('config-error'));
  });
});

describe('that an upgrade is asked for anew', () => {
  const rows: readonly {
    readonly rule: string;
    readonly flags: readonly (number | undefined)[];
    readonly told: boolean;
  }[] = [
    { rule: 'is told of the first flag', flags: [0], told: true },
    { rule: 'is told of a flag that was written again', flags: [1], told: true },
    { rule: 'is not told of the same flag', flags: [0, 0], told: false },
    { rule: 'is not told when a flag goes', flags: [0, undefined], told: false },
    { rule: 'is told of a flag after none', flags: [0, undefined, 0], told: true },
  ];
  for (const { rule, flags, told } of rows)
    it(rule, async () => {
      const asked = new AskedOfUnit();
      const before = flags.slice(0, -1);
      for (const version of before) asked.take(version === undefined ? noRequests : upgrade(version));
      let isTold = false;
      const next = asked.next().then(() => {
        isTold = true;
      });
      const last = flags.at(-1);
      asked.take(last === undefined ? noRequests : upgrade(last));
      await new Promise(setImmediate);
      assert.equal(isTold, told);
      if (!told) asked.take(upgrade(99));
      await next;
    });
});
