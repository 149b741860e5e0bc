import assert from 'node:assert/strict';
import fc from 'fast-check';
import { afterPoll, circuitOf, NO_HISTORY, type PollHistory } from '../../../watcher/polling/back-off.js';

const period = 60_000;
const HOUR = 3_600_000;
/** The history after polls that all failed, one right after the time for which the repository was left alone. */
function failing(times: number, retryAfter?: number, random = 0): PollHistory {
  let history = NO_HISTORY;
  for (let poll = 0; poll < times; poll += 1)
    history = afterPoll(history, { retryAfter }, { now: 1_000, period, random: () => random });
  return history;
}

describe('a repository that fails', () => {
  const rows: readonly (readonly [string, PollHistory, number, string])[] = [
    ['once is asked in the next pass', failing(1), 0, 'closed'],
    ['twice is left alone', failing(2), 120_000, 'open'],
    ['again is left alone for twice as long', failing(3), 240_000, 'open'],
    ['for long is left alone for an hour', failing(20), HOUR, 'open'],
    [
      'at the same time as others is asked earlier than some of them',
      failing(20, undefined, 1),
      0.7 * HOUR,
      'open',
    ],
    ['and says for how long is left alone for that', failing(1, 30_000), 30_000, 'open'],
    ['and says so for too long is not believed', failing(1, 24 * HOUR), 6 * HOUR, 'open'],
    [
      'and answers again has no history',
      afterPoll(failing(5), undefined, { now: 1_000, period, random: () => 0 }),
      0,
      'closed',
    ],
  ];
  for (const [title, history, left, circuit] of rows)
    it(title, () => {
      assert.equal(history.until === 0 ? 0 : history.until - 1_000, left);
      assert.equal(circuitOf(history, 1_000), circuit);
      assert.notEqual(circuitOf(history, 1_000 + 6 * HOUR), 'open', 'no circuit stays open for ever');
    });

  it('is never left alone for longer than it asks, or an hour', () =>
    fc.assert(
      fc.property(
        fc.nat({ max: 1_000 }),
        fc.option(fc.nat({ max: 1e9 }), { nil: undefined }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (failures, retryAfter, random) => {
          const next = afterPoll(
            { failures, until: 0 },
            { retryAfter },
            { now: 5, period, random: () => random },
          );
          const most = Math.max(HOUR, Math.min(6 * HOUR, retryAfter ?? 0));
          assert.ok(next.until === 0 || (next.until >= 5 && next.until - 5 <= most));
        },
      ),
    ));
});
