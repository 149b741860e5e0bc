import assert from 'node:assert/strict';
import { boundedDetails, boundedHistory, boundedLine } from '../../../state/model/history-bounds.js';

describe('a text of a history', () => {
  const lines: readonly (readonly [string, string, string])[] = [
    ['stays as it is', 'retry, relation db', 'retry, relation db'],
    ['is one line', ' a\nb\r\n\tc ', 'a b c'],
    ['has no control, private and direction characters', 'a\u0007b\ue000c\u202ed\ud800', 'abcd'],
    ['is cut behind 160 characters, whichever they are', '🦊'.repeat(161), `${'🦊'.repeat(160)}…`],
    ['of 160 characters is whole', 'x'.repeat(160), 'x'.repeat(160)],
    ['of a megabyte is cut as well', 'x'.repeat(1_000_000), `${'x'.repeat(160)}…`],
    ['that is spaces for long says that there was more', `${' '.repeat(5_000)}x`, '…'],
  ];
  for (const [title, text, bounded] of lines) it(title, () => assert.equal(boundedLine(text), bounded));
});

describe('details of a history', () => {
  const rows: readonly (readonly [string, Record<string, unknown>, unknown])[] = [
    [
      'stay as they are',
      { exit: 3, keys: ['a', 'b'], old: { a: null, b: false } },
      { exit: 3, keys: ['a', 'b'], old: { a: null, b: false } },
    ],
    ['have their texts as they are', { to: 'a\u001b[31m\n  b' }, { to: 'a\u001b[31m\n  b' }],
    ['have their texts cut', { command: ['x'.repeat(200)] }, { command: [`${'x'.repeat(160)}…`] }],
    [
      'keep the first twenty of many',
      { all: Array.from({ length: 30 }, (_, index) => index) },
      { all: Array.from({ length: 20 }, (_, index) => index) },
    ],
    ['are without what is undefined', { a: undefined, b: 1 }, { b: 1 }],
    [
      'are left out, and say so, where they are too long even so',
      { all: Array.from({ length: 20 }, () => 'x'.repeat(150)) },
      { leftOut: true },
    ],
  ];
  for (const [title, details, bounded] of rows) {
    it(title, () => assert.deepEqual(boundedDetails(details), bounded));
  }
});

describe('what is kept of a history', () => {
  const limits = { entries: 10, commands: 3, characters: 1_000 };
  const entries = (...kinds: readonly string[]): readonly { what: string; n: number }[] =>
    kinds.map((what, n) => ({ what, n }));
  const numbers = (all: readonly unknown[]): readonly unknown[] =>
    all.map((each) => (typeof each === 'object' && each !== null && 'n' in each ? each.n : each));
  const many = (what: string, count: number): readonly string[] => Array.from({ length: count }, () => what);

  it('is all of it, where that is little', () => {
    const all = entries('deploy', 'run', 'config');
    assert.deepEqual(boundedHistory(all, limits), all);
  });

  it('is the last entries of many', () => {
    assert.deepEqual(numbers(boundedHistory(entries(...many('config', 12)), limits)).slice(0, 2), [2, 3]);
  });

  it('is every other request, however many commands were run since', () => {
    const kept = boundedHistory(entries('deploy', 'config', ...many('run', 500), 'debug-hooks'), limits);
    assert.deepEqual(numbers(kept), [0, 1, 500, 501, 502]);
  });

  it('is no more than a node may hold, and the last one in any case', () => {
    const long = (n: number, size: number): unknown => ({ what: 'config', n, message: 'x'.repeat(size) });
    assert.deepEqual(numbers(boundedHistory([long(0, 900), long(1, 300), long(2, 300)], limits)), [1, 2]);
    assert.deepEqual(numbers(boundedHistory([long(0, 10), long(1, 5_000)], limits)), [1]);
  });

  it('takes entries that are none for what they are', () => {
    assert.deepEqual(boundedHistory([7, null, 'x', undefined], limits), [7, null, 'x', undefined]);
  });
});
