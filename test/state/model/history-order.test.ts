import assert from 'node:assert/strict';
import { type HistoryEntry, historyEntrySchema } from '../../../state/model/history-entry.js';
import { inOrder, ofPeriod } from '../../../state/model/history-order.js';

/** An entry of an hour of one day, which is also its name: `12:30`. */
function entry(
  name: string,
  more: Partial<HistoryEntry> = {},
  at = `2026-01-01T${name}:00.000Z`,
): HistoryEntry {
  return historyEntrySchema.parse({ id: name, at, what: 'config', outcome: 'asked', ...more });
}

const ids = (entries: readonly HistoryEntry[]): readonly string[] => entries.map(({ id }) => id);
const hour = (name: string): number => Date.parse(`2026-01-01T${name}:00.000Z`);

interface OrderRow {
  readonly title: string;
  readonly lists: readonly (readonly HistoryEntry[])[];
  readonly expected: readonly string[];
}

const orders: readonly OrderRow[] = [
  {
    title: 'of a release that did not number them by their times',
    lists: [
      [entry('10:00'), entry('12:00')],
      [entry('11:00'), entry('13:00')],
    ],
    expected: ['10:00', '11:00', '12:00', '13:00'],
  },
  {
    title: 'of one list as they stand, whatever their times',
    lists: [[entry('12:00'), entry('11:00'), entry('12:30')]],
    expected: ['12:00', '11:00', '12:30'],
  },
  {
    title: 'of several services by their numbers, over a clock that stepped back',
    lists: [
      [entry('12:00', { order: 1 }), entry('11:30', { order: 4 })],
      [entry('12:10', { order: 2 }), entry('11:20', { order: 3 })],
    ],
    expected: ['12:00', '12:10', '11:20', '11:30'],
  },
  {
    title: 'what units tell behind the request that it came after, and before the next one',
    lists: [
      [entry('12:00', { order: 1 }), entry('11:05', { order: 2 }), entry('11:10', { order: 3 })],
      [entry('12:01', { after: 1 }), entry('11:06', { after: 2 })],
      [entry('10:00', { after: 2 }), entry('09:00', { after: 2 })],
    ],
    expected: ['12:00', '12:01', '11:05', '10:00', '09:00', '11:06', '11:10'],
  },
  {
    title: 'a unit behind the request, although its clock is behind',
    lists: [[entry('12:00', { order: 1 })], [entry('11:59', { after: 1 })]],
    expected: ['12:00', '11:59'],
  },
  {
    title: 'numbered ones behind those that are not',
    lists: [
      [entry('12:00'), entry('11:00', { order: 1 })],
      [entry('12:30'), entry('11:30', { after: 1 })],
    ],
    expected: ['12:00', '12:30', '11:00', '11:30'],
  },
  {
    title: 'one of an older release behind what stood there when it came',
    lists: [
      [entry('12:00', { order: 5 }), entry('12:20'), entry('12:40', { order: 7 })],
      [entry('12:30', { order: 6 })],
    ],
    expected: ['12:00', '12:20', '12:30', '12:40'],
  },
  {
    title: 'what is no time before all others',
    lists: [[entry('10:00')], [entry('x', {}, 'last tuesday')]],
    expected: ['x', '10:00'],
  },
  { title: 'nothing, of nothing', lists: [[], []], expected: [] },
];

describe('the order of a history', () => {
  for (const { title, lists, expected } of orders) {
    it(`puts ${title}`, () => assert.deepEqual(ids(inOrder(lists)), expected));
  }

  it('is the same, whichever list comes first', () => {
    for (const { lists, expected } of orders) assert.deepEqual(ids(inOrder([...lists].reverse())), expected);
  });
});

describe('the period of a history', () => {
  // Its clock stepped back by an hour behind 02:50, and one entry is of a host that lives in the future.
  const all = [
    entry('01:00'),
    entry('02:00'),
    entry('02:50'),
    entry('02:05'),
    entry('23:00'),
    entry('02:10'),
    entry('03:05'),
    entry('x', {}, 'last tuesday'),
  ];
  const now = hour('04:00');
  const rows: readonly (readonly [string, string | undefined, string | undefined, readonly string[]])[] = [
    ['open at both ends: all', undefined, undefined, ids(all)],
    ['since a time: from its first entry on', '02:00', undefined, ids(all.slice(1))],
    ['since before a step back: also what came behind it', '02:30', undefined, ids(all.slice(2))],
    ['since after it: what says so', '03:00', undefined, ['23:00', '03:05', 'x']],
    [
      'until a time: what says so, and what says no time',
      undefined,
      '02:07',
      ['01:00', '02:00', '02:05', 'x'],
    ],
    ['of both', '02:00', '02:07', ['02:00', '02:05', 'x']],
    ['in which nothing was that says a time', '00:10', '00:20', ['x']],
    ['of the future: what is of the future alone', '22:00', undefined, ['23:00']],
  ];
  for (const [title, since, until, expected] of rows) {
    it(title, () => {
      const period = { since: since && hour(since), until: until && hour(until) };
      assert.deepEqual(
        ids(ofPeriod(all, { since: period.since || undefined, until: period.until || undefined }, now)),
        expected,
      );
    });
  }
});
