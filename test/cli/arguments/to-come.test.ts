import assert from 'node:assert/strict';
import { parseToCome } from '../../../cli/arguments/to-come.js';

/** Noon, local time, of a day without a change of clocks. */
const now = new Date(2026, 5, 15, 12, 0, 0).getTime();
const at = (...date: [number, number, number, number?, number?]): number => new Date(...date).getTime();

const rows: readonly (readonly [string, number | undefined])[] = [
  ['18:00', at(2026, 5, 15, 18)],
  ['09:30', at(2026, 5, 16, 9, 30)],
  ['today', at(2026, 5, 16)],
  ['2026-06-20', at(2026, 5, 21)],
  ['2026-06-20T18:00', at(2026, 5, 20, 18)],
  ['2026-06-20 18:00', at(2026, 5, 20, 18)],
  ['2026-06-20T18:00Z', Date.UTC(2026, 5, 20, 18)],
  // What is over is told apart by who asks.
  ['yesterday', at(2026, 5, 15)],
  ['2026-06-01', at(2026, 5, 2)],
  ['soon', undefined],
  ['', undefined],
  ['25:00', undefined],
];

describe('a time to come', () => {
  for (const [text, expected] of rows)
    it(`is read from ${JSON.stringify(text)}`, () => assert.equal(parseToCome(text, now), expected));
});
