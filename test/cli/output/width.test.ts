import assert from 'node:assert/strict';

import { cutToWidth, displayWidth, wrapToWidth } from '../../../cli/output/width.js';

describe('the columns of a text', () => {
  const widths: readonly (readonly [text: string, columns: number])[] = [
    ['', 0],
    ['abc', 3],
    ['äö', 2],
    ['e\u0301', 1],
    ['漢字', 4],
    ['🙂', 2],
    ['👩‍👩‍👧', 2],
    ['→', 1],
  ];
  for (const [text, columns] of widths)
    it(`are ${columns} of ${JSON.stringify(text)}`, () => assert.equal(displayWidth(text), columns));

  const cut: readonly (readonly [text: string, columns: number, shown: string])[] = [
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['abcd', 1, '…'],
    ['abcd', 0, ''],
    ['漢字漢', 4, '漢…'],
    ['漢字漢', 5, '漢字…'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
  ];
  for (const [text, columns, shown] of cut)
    it(`are ${columns} at most: ${text} is cut to ${shown}`, () =>
      assert.equal(cutToWidth(text, columns), shown));

  const wrapped: readonly (readonly [text: string, columns: number, lines: readonly string[]])[] = [
    ['', 10, ['']],
    ['one two', 10, ['one two']],
    ['one two three', 7, ['one two', 'three']],
    ['abcdefgh', 3, ['abc', 'def', 'gh']],
    ['a abcdefgh b', 4, ['a', 'abcd', 'efgh', 'b']],
    ['漢字漢', 4, ['漢字', '漢']],
    ['try ensemble status -e p, then wait', 8, ['try', 'ensemble status -e p,', 'then', 'wait']],
  ];
  for (const [text, columns, lines] of wrapped)
    it(`are ${columns} in each line of ${JSON.stringify(text)}`, () =>
      assert.deepEqual(wrapToWidth(text, columns), lines));
});
