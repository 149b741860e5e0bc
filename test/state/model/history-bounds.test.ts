import assert from 'node:assert/strict';
import { boundedDetails, boundedLine } from '../../../state/model/history-bounds.js';

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
  for (const [title, text, bounded] of lines) {
    it(title, () => assert.equal(boundedLine(text), bounded));
  }
});

describe('details of a history', () => {
  const rows: readonly (readonly [string, Record<string, unknown>, unknown])[] = [
    [
      'stay as they are',
      { exit: 3, keys: ['a', 'b'], old: { a: null, b: false } },
      { exit: 3, keys: ['a', 'b'], old: { a: null, b: false } },
    ],
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
