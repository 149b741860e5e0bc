import assert from 'node:assert/strict';
import { daysLater, instantsOf, isTimeZone, wallTime } from '../../../state/platform/zoned-time.js';

const BERLIN = 'Europe/Berlin';
const utc = (text: string): number => Date.parse(text);

describe('a clock on the wall shows', () => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['UTC', '2026-03-29T23:59:59Z', '2026-3-29 weekday 0, 1439'],
    [BERLIN, '2026-01-01T00:00:00Z', '2026-1-1 weekday 4, 60'],
    [BERLIN, '2026-07-01T00:00:00Z', '2026-7-1 weekday 3, 120'],
    [BERLIN, '2025-12-31T23:30:00Z', '2026-1-1 weekday 4, 30'],
    ['America/New_York', '2026-01-01T00:00:00Z', '2025-12-31 weekday 3, 1140'],
    ['Asia/Kathmandu', '2026-01-01T00:00:00Z', '2026-1-1 weekday 4, 345'],
  ];
  for (const [zone, instant, shown] of rows)
    it(`in ${zone} at ${instant}: ${shown}`, () => {
      const { year, month, day, weekday, minutes } = wallTime(zone, utc(instant));
      assert.equal(`${year}-${month}-${day} weekday ${weekday}, ${minutes}`, shown);
    });
});

describe('a time of a day is', () => {
  const rows: readonly (readonly [string, string, string, number, string, string])[] = [
    ['one instant', BERLIN, '2026-01-01', 90, '2026-01-01T00:30:00Z', '2026-01-01T00:30:00Z'],
    [
      'two of them in the hour that is shown twice',
      BERLIN,
      '2026-10-25',
      150,
      '2026-10-25T00:30:00Z',
      '2026-10-25T01:30:00Z',
    ],
    [
      'as long after the skip, in the hour that is skipped',
      BERLIN,
      '2026-03-29',
      150,
      '2026-03-29T01:30:00Z',
      '2026-03-29T01:30:00Z',
    ],
    [
      'of the next day from 24:00 on',
      BERLIN,
      '2026-01-01',
      1_440,
      '2026-01-01T23:00:00Z',
      '2026-01-01T23:00:00Z',
    ],
  ];
  for (const [rule, zone, date, minutes, first, last] of rows)
    it(rule, () => {
      const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
      const found = instantsOf(zone, { year, month, day, weekday: 0, minutes: 0 }, minutes);
      assert.deepEqual(found, { first: utc(first), last: utc(last) });
    });
});

describe('days later', () => {
  const rows: readonly (readonly [string, number, string])[] = [
    ['2026-02-28', 1, '2026-3-1 weekday 0'],
    ['2024-02-28', 1, '2024-2-29 weekday 4'],
    ['2026-01-01', -1, '2025-12-31 weekday 3'],
  ];
  for (const [from, days, to] of rows)
    it(`${from} and ${days}: ${to}`, () => {
      const [year = 0, month = 0, day = 0] = from.split('-').map(Number);
      const found = daysLater({ year, month, day, weekday: 0, minutes: 700 }, days);
      assert.equal(`${found.year}-${found.month}-${found.day} weekday ${found.weekday}`, to);
    });
});

describe('a time zone', () => {
  for (const [zone, isOne] of [
    ['UTC', true],
    [BERLIN, true],
    ['Europe/Atlantis', false],
    ['', false],
  ] as const)
    it(`${JSON.stringify(zone)}: ${isOne}`, () => assert.equal(isTimeZone(zone), isOne));
});
