import assert from 'node:assert/strict';

import { formatDuration, formatTime, parseDuration } from '../../../cli/output/durations.js';

describe('a time', () => {
  const read: readonly (readonly [text: string, ms: number | undefined])[] = [
    ['30', 30_000],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
    ['200ms', 200],
    ['0', undefined],
    ['0s', undefined],
    ['-1s', undefined],
    ['1d', undefined],
    ['1 s', undefined],
    ['s', undefined],
    ['', undefined],
    ['1.', undefined],
    ['1e3', undefined],
    [`${'9'.repeat(400)}h`, undefined],
  ];
  for (const [text, ms] of read)
    it(`is ${ms ?? 'none'} where ${text.slice(0, 10)} is typed`, () => assert.equal(parseDuration(text), ms));

  const shown: readonly (readonly [ms: number, text: string])[] = [
    [0, '0.0 s'],
    [340, '0.3 s'],
    [59_949, '59.9 s'],
    [59_950, '1 min 0 s'],
    [65_000, '1 min 5 s'],
    [3_599_499, '59 min 59 s'],
    [3_599_500, '1 h 0 min'],
    [7_380_000, '2 h 3 min'],
    [90_000_000, '25 h 0 min'],
  ];
  for (const [ms, text] of shown)
    it(`that was taken is ${text} of ${ms} ms`, () => assert.equal(formatDuration(ms), text));

  const chosen: readonly (readonly [ms: number, text: string])[] = [
    [604_800_000, '7 days'],
    [86_400_000, '1 day'],
    [3_600_000, '1 hour'],
    [5_400_000, '90 minutes'],
    [61_000, '61 seconds'],
    [1, '1 millisecond'],
    [1_500, '1500 milliseconds'],
  ];
  for (const [ms, text] of chosen)
    it(`that was chosen is ${text} of ${ms} ms`, () => assert.equal(formatTime(ms), text));
});
