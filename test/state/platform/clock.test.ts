import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { systemClock } from '../../../state/platform/clock.js';

const DAY = 86_400_000;
const LONGEST = 2 ** 31 - 1;

/** Node's own timers, moved by hand: they fire at once where they are to wait longer than 2^31-1 ms. */
describe('a timer of the system clock', () => {
  const rows = [
    { ms: 0 },
    { ms: 3_600_000 },
    { ms: LONGEST },
    { ms: LONGEST + 1 },
    { ms: 30 * DAY },
    { ms: 400 * DAY },
  ];
  beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
  afterEach(() => mock.timers.reset());
  for (const { ms } of rows) {
    it(`of ${ms} ms fires then and not before`, () => {
      let fired = 0;
      systemClock.after(ms, () => {
        fired += 1;
      });
      advance(ms - 1);
      assert.equal(fired, 0);
      advance(1);
      mock.timers.tick(1);
      assert.equal(fired, 1);
    });
    it(`of ${ms} ms does not fire once it is cancelled`, () => {
      const timer = systemClock.after(ms, () => assert.fail('it was cancelled'));
      advance(ms - 1);
      timer.cancel();
      advance(DAY);
    });
  }

  it('without an end never fires', () => {
    const timer = systemClock.after(Number.POSITIVE_INFINITY, () => assert.fail('there is no such moment'));
    advance(400 * DAY);
    timer.cancel();
  });
});

/** In steps of the longest timer: a mocked timer that is set by another one counts from where the clock was moved to. */
function advance(ms: number): void {
  for (let left = ms; left > 0; left -= LONGEST) mock.timers.tick(Math.min(left, LONGEST));
}
