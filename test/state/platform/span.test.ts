import assert from 'node:assert/strict';
import { parseSpan } from '../../../state/platform/span.js';

const rows: readonly (readonly [string, number | undefined])[] = [
  ['90s', 90_000],
  ['5m', 300_000],
  ['12h', 43_200_000],
  ['14d', 1_209_600_000],
  ['2w', 1_209_600_000],
  ['1d12h', 129_600_000],
  ['0h', undefined],
  ['3', undefined],
  ['1.5h', undefined],
  ['-1h', undefined],
  ['1 h', undefined],
  ['999999999w', undefined],
  ['', undefined],
  ['soon', undefined],
];

describe('a span of time', () => {
  for (const [text, ms] of rows)
    it(`is read from ${JSON.stringify(text)}`, () => assert.equal(parseSpan(text), ms));
});
