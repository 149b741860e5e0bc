import assert from 'node:assert/strict';
import { isOpen, nextOpening, parseWindow, type UpgradeWindow } from '../../../state/model/upgrade-window.js';

const windowsOf = (texts: readonly string[]): readonly UpgradeWindow[] =>
  texts.map((text) => {
    const window = parseWindow(text);
    assert.ok(window, text);
    return window;
  });

/** Windows, the zone, an instant, and the next one at which they are open: itself where they are. */
const rows: readonly (readonly [string, readonly string[], string, string, string | 'now' | 'never'])[] = [
  ['none is always open', [], 'UTC', '2026-11-29T12:00Z', 'now'],
  ['every day, within', ['02:00-06:00'], 'UTC', '2026-11-29T02:00Z', 'now'],
  ['its end is not within', ['02:00-06:00'], 'UTC', '2026-11-29T06:00Z', '2026-11-30T02:00Z'],
  ['a weekday', ['Sat 02:00-06:00'], 'UTC', '2026-11-29T03:00Z', '2026-12-05T02:00Z'],
  ['weekdays', ['Mon-Fri 22:00-23:00'], 'UTC', '2026-11-28T22:30Z', '2026-11-30T22:00Z'],
  ['weekdays around Sunday', ['Sat-Mon 22:00-23:00'], 'UTC', '2026-11-29T22:30Z', 'now'],
  ['some weekdays', ['Tue,Thu 01:00-02:00'], 'UTC', '2026-11-29T00:00Z', '2026-12-01T01:00Z'],
  ['over midnight, before', ['Sat 22:00-04:00'], 'UTC', '2026-11-28T23:00Z', 'now'],
  ['over midnight, after', ['Sat 22:00-04:00'], 'UTC', '2026-11-29T03:59Z', 'now'],
  ['over midnight of another day', ['Sat 22:00-04:00'], 'UTC', '2026-11-30T03:00Z', '2026-12-05T22:00Z'],
  ['a whole day', ['Sun 00:00-24:00'], 'UTC', '2026-11-29T23:59Z', 'now'],
  ['a zone to the east', ['Sun 02:00-03:00'], 'Asia/Tokyo', '2026-11-28T17:30Z', 'now'],
  ['a zone to the west', ['Sun 02:00-03:00'], 'America/New_York', '2026-11-29T06:00Z', '2026-11-29T07:00Z'],
  [
    'of two, the next',
    ['Mon 02:00-03:00', 'Sun 18:00-19:00'],
    'UTC',
    '2026-11-29T12:00Z',
    '2026-11-29T18:00Z',
  ],
  ['one that denies', ['not Fri 12:00-24:00'], 'UTC', '2026-11-27T13:00Z', '2026-11-28T00:00Z'],
  ['one that denies, at another time', ['not Fri 12:00-24:00'], 'UTC', '2026-11-27T11:00Z', 'now'],
  [
    'denied within what is allowed',
    ['02:00-06:00', 'not 03:00-04:00'],
    'UTC',
    '2026-11-29T03:30Z',
    '2026-11-29T04:00Z',
  ],
  ['allowed on no day', ['Sat 02:00-06:00', 'not Sat 00:00-24:00'], 'UTC', '2026-11-29T03:30Z', 'never'],
  // In Berlin clocks skip 02:00 to 03:00 on 2027-03-28, at 01:00Z.
  [
    'what begins in the hour that is skipped begins after it',
    ['02:30-03:30'],
    'Europe/Berlin',
    '2027-03-28T00:59Z',
    '2027-03-28T01:30Z',
  ],
  ['what lies in it is an hour later', ['02:00-02:30'], 'Europe/Berlin', '2027-03-28T01:10Z', 'now'],
  ['and is over after its time', ['02:00-02:30'], 'Europe/Berlin', '2027-03-28T01:31Z', '2027-03-29T00:00Z'],
  [
    'what spans it is an hour shorter',
    ['01:00-04:00'],
    'Europe/Berlin',
    '2027-03-28T02:00Z',
    '2027-03-28T23:00Z',
  ],
  // Clocks show 02:00 to 03:00 twice on 2026-10-25, from 00:00Z to 02:00Z.
  [
    'the hour that is shown twice counts twice, first',
    ['02:00-02:30'],
    'Europe/Berlin',
    '2026-10-25T00:10Z',
    'now',
  ],
  [
    'the hour that is shown twice counts twice, last',
    ['02:00-02:30'],
    'Europe/Berlin',
    '2026-10-25T01:29Z',
    'now',
  ],
  ['and is over then', ['02:00-02:30'], 'Europe/Berlin', '2026-10-25T01:30Z', '2026-10-26T01:00Z'],
];

describe('windows', () => {
  for (const [title, texts, zone, at, opens] of rows)
    it(title, () => {
      const windows = windowsOf(texts);
      const now = Date.parse(at.replace('Z', ':00Z'));
      const next = nextOpening(windows, zone, now);
      assert.equal(isOpen(windows, zone, now), opens === 'now');
      const expected =
        opens === 'now' ? now : opens === 'never' ? undefined : Date.parse(opens.replace('Z', ':00Z'));
      assert.equal(
        next === undefined ? next : new Date(next).toISOString(),
        expected === undefined ? expected : new Date(expected).toISOString(),
      );
    });

  for (const text of [
    '',
    'Sat',
    '02:00',
    '02:00-',
    '2-3',
    '25:00-26:00',
    '02:60-03:00',
    'Xyz 02:00-03:00',
    'Mon-Tue-Wed 02:00-03:00',
    '24:00-03:00',
    'never 02:00-03:00',
  ])
    it(`are not ${JSON.stringify(text)}`, () => assert.equal(parseWindow(text), undefined));
});
