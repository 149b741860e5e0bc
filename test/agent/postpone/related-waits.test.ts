import assert from 'node:assert/strict';
import {
  ANSWERED_WITHIN,
  type Asks,
  LONGEST_OF_OTHERS,
  relatedWaits,
  TAKEN_UP_WITHIN,
} from '../../../agent/postpone/related-waits.js';
import type { RelatedWord } from '../../../state/model/related-upgrade.js';

const HOUR = 3_600_000;
const asked = Date.parse('2026-06-01T00:00:00.000Z');
const at = (ms: number): string => new Date(asked + ms).toISOString();
const asks: Asks = {
  from: 'p:web-1',
  to: 'p:web-2',
  since: at(0),
  units: { 'db/0': { id: 'one', relation: '4', at: at(0) } },
};
const held = (until: number, more: Partial<RelatedWord> = {}): RelatedWord => ({
  ask: 'one',
  answered: true,
  hold: { since: at(1_000), until: at(until), reason: 'backup' },
  ...more,
});

interface Row {
  readonly name: string;
  /** What is known of the answer; `none` of no node, null of one that was not read. */
  readonly word: RelatedWord | null | 'none';
  /** Milliseconds since it was asked. */
  readonly after: number;
  /** Since when the time of all counts, milliseconds before it was asked. */
  readonly firstAsked?: number;
  readonly kind?: 'asked' | 'held' | 'unread';
  /** Milliseconds since it was asked. */
  readonly until?: number;
}

const rows: readonly Row[] = [
  {
    name: 'is waited for until its agent takes it up',
    word: 'none',
    after: 0,
    kind: 'asked',
    until: TAKEN_UP_WITHIN,
  },
  { name: 'proceeds by silence where no agent takes it up', word: 'none', after: TAKEN_UP_WITHIN },
  {
    name: 'has the time of its hook once it was taken up',
    word: { ask: 'one', answered: false },
    after: TAKEN_UP_WITHIN,
    kind: 'asked',
    until: ANSWERED_WITHIN,
  },
  {
    name: 'proceeds by silence where it takes longer',
    word: { ask: 'one', answered: false },
    after: ANSWERED_WITHIN,
  },
  { name: 'proceeds by an answer without a hold', word: { ask: 'one', answered: true }, after: 0 },
  { name: 'holds for as long as it says', word: held(HOUR), after: 59 * 60_000, kind: 'held', until: HOUR },
  { name: 'holds no longer than it says', word: held(HOUR), after: HOUR },
  {
    name: 'holds before its hook has ended',
    word: held(HOUR, { answered: false }),
    after: TAKEN_UP_WITHIN,
    kind: 'held',
    until: HOUR,
  },
  {
    name: 'holds for 48 hours at most',
    word: held(1_000 * HOUR),
    after: HOUR,
    kind: 'held',
    until: LONGEST_OF_OTHERS,
  },
  { name: 'holds no more after 48 hours', word: held(1_000 * HOUR), after: LONGEST_OF_OTHERS },
  {
    name: 'has what is left of the time of all where others were asked before it',
    word: held(1_000 * HOUR),
    after: HOUR,
    firstAsked: 40 * HOUR,
    kind: 'held',
    until: 8 * HOUR,
  },
  {
    name: 'is not waited for where all have no time left',
    word: 'none',
    after: 0,
    firstAsked: LONGEST_OF_OTHERS,
  },
  {
    name: 'says nothing by its answer to an ask before this one',
    word: held(HOUR, { ask: 'before' }),
    after: 0,
    kind: 'asked',
    until: TAKEN_UP_WITHIN,
  },
  {
    name: 'is waited for while its answer is being read, however long ago it was asked',
    word: null,
    after: 100 * HOUR,
    kind: 'unread',
  },
];

describe('a related unit that was asked about an upgrade', () => {
  for (const { name, word, after, firstAsked = 0, kind, until } of rows)
    it(name, () => {
      const words = new Map(word === 'none' ? [] : [['db/0', word] as const]);
      const waits = relatedWaits({ ...asks, since: at(-firstAsked) }, words, asked + after);
      assert.deepEqual(
        waits.map((wait) => [wait.unit, wait.relation, wait.kind]),
        kind === undefined ? [] : [['db/0', '4', kind]],
      );
      if (until !== undefined) assert.equal(waits[0]?.until, at(until));
    });

  it('says why it holds, and since when', () => {
    const words = new Map([['db/0', held(HOUR)]]);
    assert.deepEqual(relatedWaits(asks, words, asked), [
      { unit: 'db/0', relation: '4', kind: 'held', since: at(1_000), until: at(HOUR), reason: 'backup' },
    ]);
  });

  it('is one of several, each of which is waited for', () => {
    const units = { ...asks.units, 'db/1': { id: 'two', relation: '4', at: at(0) } };
    const words = new Map([['db/0', held(HOUR)]]);
    const waits = relatedWaits({ ...asks, units }, words, asked);
    assert.deepEqual(
      waits.map(({ unit, kind }) => [unit, kind]),
      [
        ['db/0', 'held'],
        ['db/1', 'asked'],
      ],
    );
  });
});
