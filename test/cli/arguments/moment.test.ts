import assert from 'node:assert/strict';
import { type Moment, parseMoment } from '../../../cli/arguments/moment.js';

/** A local time, in milliseconds since 1970. */
const local = (...[year, month, ...rest]: readonly [number, number, ...number[]]): number =>
  new Date(year, month - 1, ...rest).getTime();
const now = local(2026, 11, 21, 8, 30, 15);
const from = (first: number, covers: number): Moment => ({ first, last: first + covers - 1 });
const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];

const rows: readonly (readonly [string, Moment])[] = [
  ['now', { first: now, last: now }],
  ['90s', { first: now - 90 * SECOND, last: now - 90 * SECOND }],
  ['2h', { first: now - 2 * HOUR, last: now - 2 * HOUR }],
  ['2h ago', { first: now - 2 * HOUR, last: now - 2 * HOUR }],
  ['1.5d', { first: now - 1.5 * DAY, last: now - 1.5 * DAY }],
  ['1w2d3h', { first: now - 9 * DAY - 3 * HOUR, last: now - 9 * DAY - 3 * HOUR }],
  ['today', from(local(2026, 11, 21), DAY)],
  ['Yesterday', from(local(2026, 11, 20), DAY)],
  ['yesterday 18:00', from(local(2026, 11, 20, 18), MINUTE)],
  ['today 23:59', from(local(2026, 11, 21, 23, 59), MINUTE)],
  ['08:30', from(local(2026, 11, 21, 8, 30), MINUTE)],
  ['08:31', from(local(2026, 11, 20, 8, 31), MINUTE)],
  ['8:30:15', from(local(2026, 11, 21, 8, 30, 15), SECOND)],
  ['2026-11-20', from(local(2026, 11, 20), DAY)],
  ['2028-02-29', from(local(2028, 2, 29), DAY)],
  ['2026-11-20T18:00', from(local(2026, 11, 20, 18), MINUTE)],
  ['2026-11-20 18:00:07.5', from(local(2026, 11, 20, 18, 0, 7, 500), 1)],
  ['2026-11-20T18:00Z', from(Date.UTC(2026, 10, 20, 18), MINUTE)],
  ['2026-11-20T18:00:01Z', from(Date.UTC(2026, 10, 20, 18, 0, 1), SECOND)],
  ['2026-11-20T18:00:01.250Z', from(Date.UTC(2026, 10, 20, 18, 0, 1, 250), 1)],
  ['2026-11-20T18:00+01:30', from(Date.UTC(2026, 10, 20, 16, 30), MINUTE)],
  ['2026-11-20T18:00-0800', from(Date.UTC(2026, 10, 21, 2), MINUTE)],
  [' 2h ', { first: now - 2 * HOUR, last: now - 2 * HOUR }],
];

const refused: readonly string[] = [
  '',
  ' ',
  '2',
  '2026',
  '2 h',
  '-2h',
  '2y',
  'h',
  'ago',
  'last night',
  'monday',
  '24:00',
  '12:60',
  '12',
  '12:5',
  '2026-13-01',
  '2026-02-30',
  '2026-11-20T',
  '2026-11-20Z',
  '2026-11-20T18:00+1',
  '20.11.2026',
  '2026-11-20T18:00:00:00',
  `${'9'.repeat(400)}d`,
  '\u001b[2J',
];

describe('a time that an operator writes', () => {
  for (const [text, moment] of rows) {
    it(`is ${JSON.stringify(text)}`, () => assert.deepEqual(parseMoment(text, now), moment));
  }

  it('of a time of day alone is the last one there was, also in another zone', () => {
    for (const zone of ['Z', '+14:00', '-11:00']) {
      const found = parseMoment(`00:10${zone}`, now);
      assert.ok(found !== undefined && found.first <= now && found.first > now - DAY, zone);
    }
  });

  for (const text of refused) {
    it(`is not ${JSON.stringify(text.slice(0, 30))}`, () => assert.equal(parseMoment(text, now), undefined));
  }
});
