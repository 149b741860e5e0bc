import assert from 'node:assert/strict';

import { opensAt, policyOf, policyText, type WrittenPolicy } from '../../../state/model/upgrade-policy.js';

/** A Thursday. */
const now = Date.UTC(2026, 0, 1, 12);
const hour = 3_600_000;

describe('an upgrade policy', () => {
  const read: readonly (readonly [
    written: WrittenPolicy | undefined,
    mode: string,
    lines: string,
    urgent: string,
  ])[] = [
    [undefined, 'notify', 'same', 'at-once'],
    [{ mode: 'off' }, 'off', 'same', 'at-once'],
    [{ mode: 'auto', lines: 'any', urgent: 'in-window' }, 'auto', 'any', 'in-window'],
    [{ mode: 'one-of-a-later-release', lines: 'odd', urgent: 'odd' }, 'notify', 'same', 'at-once'],
  ];
  for (const [written, mode, lines, urgent] of read)
    it(`is gone by as ${mode}, ${lines}, ${urgent} where ${JSON.stringify(written)} stands`, () => {
      const policy = policyOf(written);
      assert.deepEqual([policy.mode, policy.lines, policy.urgent], [mode, lines, urgent]);
    });

  const windows = ['Thu 14:00-16:00'];
  const opens: readonly (readonly [
    says: string,
    written: WrittenPolicy,
    isUrgent: boolean,
    inHours: number | undefined,
  ])[] = [
    ['it has no window', { mode: 'auto' }, false, 0],
    ['the window comes', { mode: 'auto', windows }, false, 2],
    ['the window comes in another zone', { mode: 'auto', windows, zone: 'Europe/Berlin' }, false, 1],
    ['it is urgent', { mode: 'auto', windows }, true, 0],
    ['it is urgent, and waits all the same', { mode: 'auto', windows, urgent: 'in-window' }, true, 2],
    ['the window is open', { mode: 'auto', windows: ['Thu 11:00-13:00'] }, false, 0],
    ['the window cannot be read', { mode: 'auto', windows: ['at night'] }, false, undefined],
    ['the window cannot be read, and it is urgent', { mode: 'auto', windows: ['at night'] }, true, 0],
  ];
  for (const [says, written, isUrgent, inHours] of opens)
    it(`opens ${inHours === undefined ? 'never' : `in ${inHours} h`} where ${says}`, () =>
      assert.equal(
        opensAt(policyOf(written), isUrgent, now),
        inHours === undefined ? undefined : now + inHours * hour,
      ));

  const said: readonly (readonly [written: WrittenPolicy | undefined, text: string])[] = [
    [undefined, 'notify'],
    [{ mode: 'auto', windows }, 'auto, within Thu 14:00-16:00 (UTC)'],
    [
      {
        mode: 'auto',
        windows: [...windows, 'Sat'],
        zone: 'Europe/Berlin',
        lines: 'any',
        urgent: 'in-window',
      },
      'auto, within Thu 14:00-16:00 and Sat (Europe/Berlin), of any line, urgent ones no earlier',
    ],
  ];
  for (const [written, text] of said) it(`is said: ${text}`, () => assert.equal(policyText(written), text));
});
