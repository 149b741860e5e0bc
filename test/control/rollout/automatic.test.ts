import assert from 'node:assert/strict';
import { automaticBlockers } from '../../../control/rollout/automatic.js';
import { inState, turnedBack } from '../../../control/rollout/written.js';
import type { Hold } from '../../../state/model/hold.js';
import { beginRollout, type NewRollout, type Rollout } from '../../../state/model/rollout.js';

const HOUR = 3_600_000;
const now = Date.UTC(2026, 0, 1, 12);
const [one, two, three] = ['p:web-1', 'p:web-2', 'p:web-3'] as const;
const at = new Date(now).toISOString();

const begun: Rollout = {
  id: 'r1',
  life: 'aaaaaaaaaaaa',
  from: one,
  to: two,
  revertTo: one,
  by: 'ann@host',
  requestedAt: at,
  parameters: {},
  state: 'running',
  stateSince: at,
  countedFrom: at,
};

const failed = (rollout: Rollout, when = now): Rollout =>
  inState(rollout, { state: 'failed', reason: 'web/2 failed: exit 1' }, when);

/** Another rollout in the place of one. */
function again(before: Rollout, isAutomatic: boolean, to: string = two): Rollout {
  const { from, revertTo, by, requestedAt, parameters, stateSince, countedFrom } = begun;
  const next: NewRollout = {
    from,
    to,
    revertTo,
    by,
    requestedAt,
    parameters,
    state: 'running',
    stateSince,
    countedFrom,
  };
  return beginRollout('web', { value: before, version: 3 }, next, isAutomatic).rollout;
}

function said(
  rollout: Rollout | undefined,
  formula: string,
  later = 0,
  more: { bad?: string[]; holds?: Hold[] } = {},
): string {
  const facts = { service: more, rollout, holds: more.holds ?? [] };
  const blockers = automaticBlockers('web', facts, formula, now + later);
  return blockers
    .map(({ kind, until }) => `${kind}${until === null ? '' : ` ${(Date.parse(until) - now) / HOUR}h`}`)
    .join(', ');
}

const over = (rollout: Rollout): Rollout => inState(rollout, { state: 'aborted', reason: '' }, now);
/** Failed so often in a row, by whoever upgrades automatically. */
function times(count: number): Rollout {
  let rollout = begun;
  for (let index = 0; index < count; index += 1) rollout = again(over(failed(rollout)), true);
  return over(rollout);
}

const hold: Hold = {
  holder: 'ann@host',
  since: at,
  level: 'auto',
  reason: 'stock-taking',
  until: new Date(now + HOUR).toISOString(),
};

const rows: readonly (readonly [rule: string, actual: string, expected: string])[] = [
  ['nothing happened', said(undefined, two), ''],
  ['it failed once', said(times(1), two), 'back-off 8h'],
  ['and later', said(times(1), two, 8 * HOUR), ''],
  ['a newer revision is another', said(times(1), three), ''],
  ['a rollout that failed keeps no newer revision out', said(failed(begun), three), ''],
  ['but its own, also when it may be tried again', said(failed(begun), two, 8 * HOUR), 'other'],
  ['a way back that failed needs a word', said(failed(turnedBack(begun, '', now)), three), 'other'],
  [
    'one that is paused is under way',
    said(inState(begun, { state: 'paused', reason: '' }, now), three),
    'other',
  ],
  ['twice in a row', said(times(2), two), 'back-off 12h'],
  ['often', said(times(7), two), 'back-off 252h'],
  ['for ever', said(times(30), two), 'back-off 336h'],
  [
    'failed, and gone back from, is once',
    said(over(turnedBack(failed(begun), 'exit 1', now)), two),
    'back-off 8h',
  ],
  ['gone back from at once', said(over(turnedBack(begun, 'exit 1', now)), two), 'back-off 8h'],
  ['on its way back nothing fails', said(over(failed(turnedBack(begun, '', now))), two), 'back-off 8h'],
  ['somebody asked for it again', said(over(again(over(failed(begun)), false)), two), ''],
  ['for another one', said(over(again(over(failed(begun)), false, three)), two), 'back-off 8h'],
  [
    'it succeeded',
    said(inState(again(over(failed(begun)), true), { state: 'done', reason: '' }, now), two),
    '',
  ],
  ['reverted', said(undefined, two, 0, { bad: [two] }), 'bad'],
  ['held', said(undefined, two, 0, { holds: [hold] }), 'held 1h'],
  ['under way', said(begun, three), 'other'],
  ['aborted by somebody, it did not fail', said(over(begun), two), ''],
  [
    'an aborted clone is not wanted',
    said(over({ ...begun, clone: { service: 'web-r2' } }), two),
    'back-off 8h',
  ],
];

describe('what is tried without anybody asking', () => {
  for (const [rule, actual, expected] of rows) it(rule, () => assert.equal(actual, expected));

  it('names what failed, and the command that tries it all the same', () => {
    const facts = { service: {}, rollout: times(1), holds: [] };
    const [blocker] = automaticBlockers('web', facts, two, now);
    assert.equal(blocker?.reason, 'p:web-2 failed at 2026-01-01T12:00:00Z: web/2 failed: exit 1');
    assert.equal(blocker?.ends, 'ensemble upgrade-formula --revision 2 web');
  });
});
