import assert from 'node:assert/strict';
import { type AgeMark, ageOf, markAgain, type Moment, untilSettled } from '../../../agent/disk/kept-age.js';
import { seeded } from '../../random.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const EPOCH = Date.UTC(2026, 0, 1);

const put: AgeMark = { aged: 0, boot: 'a', monotonic: 5 * HOUR, now: EPOCH };

const at = (boot: string, monotonic: number, now: number): Moment => ({ boot, monotonic, now });

const rows: readonly (readonly [fault: string, seen: Moment, age: number])[] = [
  ['nothing happens', at('a', 6 * HOUR, EPOCH + HOUR), HOUR],
  ['the clock jumps forward by a year', at('a', 6 * HOUR, EPOCH + 365 * DAY), HOUR],
  ['the clock jumps back by a year', at('a', 6 * HOUR, EPOCH - 365 * DAY), HOUR],
  [
    'the machine was off for ten days, and is up for two hours',
    at('b', 2 * HOUR, EPOCH + 10 * DAY),
    10 * DAY,
  ],
  ['the clock was not set yet when it came up: 1970', at('b', 60_000, 60_000), 60_000],
  ['the clock was not set yet when it came up: 2099', at('b', 60_000, Date.UTC(2099, 0, 1)), 60_000],
  ['the clock was set back while it was off', at('b', 2 * HOUR, EPOCH - DAY), 2 * HOUR],
];

/** Marked in the first minutes of a boot whose clock stood at 1970. */
const early: AgeMark = { aged: 0, boot: 'a', monotonic: 60_000, now: 60_000 };

const afterEarly: readonly (readonly [fault: string, seen: Moment, age: number])[] = [
  ['power failed before the clock was set', at('b', 2 * HOUR, EPOCH), 2 * HOUR],
  ['that was long ago', at('b', 300 * DAY, EPOCH + 300 * DAY), 300 * DAY],
  ['the clock was set meanwhile', at('a', 2 * HOUR, EPOCH), 2 * HOUR - 60_000],
];

describe('the age of what is kept', () => {
  for (const [fault, seen, age] of rows)
    it(`is ${age / HOUR} h where ${fault}`, () => assert.equal(ageOf(put, seen), age));

  for (const [fault, seen, age] of afterEarly)
    it(`is ${age / HOUR} h where it was marked in 1970, and ${fault}`, () =>
      assert.equal(ageOf(early, seen), age));

  it('is marked anew once the clock had its time to be set, though it did not jump', () => {
    const soon: AgeMark = { aged: 0, boot: 'a', monotonic: 60_000, now: EPOCH };
    assert.equal(untilSettled(soon, at('a', 60_000, EPOCH)), HOUR - 60_000);
    assert.equal(markAgain(soon, at('a', HOUR - 1, EPOCH + HOUR - 60_001)), soon);
    const set = markAgain(soon, at('a', HOUR, EPOCH + HOUR - 60_000));
    assert.deepEqual([set.monotonic, untilSettled(set, at('a', HOUR, EPOCH))], [HOUR, 0]);
    assert.equal(ageOf(set, at('b', 2 * HOUR, EPOCH + DAY)), DAY);
  });

  it('goes on from a mark that is made anew, and never grows by a jump within a boot', () => {
    const random = seeded(20);
    for (let run = 0; run < 200; run += 1) {
      let mark = put;
      let [monotonic, now, kept] = [put.monotonic, put.now, 0];
      for (let step = 0; step < 20; step += 1) {
        const passes = Math.floor(random() * DAY);
        monotonic += passes;
        kept += passes;
        now += passes + (random() < 0.3 ? Math.floor((random() - 0.5) * 1_000 * DAY) : 0);
        const seen = at('a', monotonic, now);
        assert.equal(ageOf(mark, seen), kept);
        mark = markAgain(mark, seen);
        assert.equal(ageOf(mark, seen), kept);
      }
    }
  });

  it('counts from the time that was set at last, after a boot whose clock was wrong at first', () => {
    const set = markAgain(early, at('a', HOUR, EPOCH));
    assert.equal(ageOf(set, at('b', 2 * HOUR, EPOCH + DAY)), DAY + HOUR - 60_000);
  });
});
