import assert from 'node:assert/strict';
import type { Delivery } from '../../../state/model/watcher-delivery.js';
import { afterFailure, dueIn, pauseAfter } from '../../../watcher/outbox/after-attempt.js';
import { failed } from '../../../watcher/sinks/sink.js';

const NOW = Date.UTC(2026, 0, 1);
const iso = (at: number): string => new Date(at).toISOString();
const delivery = (more: Partial<Delivery> = {}): Delivery => ({
  sink: 's',
  queuedAt: iso(NOW - 1_000),
  announcement: { id: 'a', environment: 'e', service: 'web' },
  state: 'waiting',
  tries: 0,
  ...more,
});
const limits = { tries: 5, giveUp: 60_000 };

describe('a delivery that failed', () => {
  it('waits twice as long each time, up to five minutes, and never as long as another', () => {
    const least = [1, 2, 3, 4].map((tries) => pauseAfter(tries, () => 0));
    assert.deepEqual(least, [1_000, 2_000, 4_000, 8_000]);
    assert.equal(
      pauseAfter(1, () => 1),
      2_000,
    );
    assert.equal(
      pauseAfter(1_000, () => 1),
      300_000,
    );
  });

  const rows = [
    { name: 'is in line again', before: delivery(), state: 'waiting', wait: 2_000 },
    {
      name: 'waits as long as its receiver asks',
      before: delivery(),
      more: { retryAfter: 30_000 },
      state: 'waiting',
      wait: 30_000,
    },
    { name: 'is given up after so many tries', before: delivery({ tries: 4 }), state: 'dead' },
    {
      name: 'is given up after so long a time',
      before: delivery({ queuedAt: iso(NOW - 60_000) }),
      state: 'dead',
    },
    {
      name: 'is given up where nobody knows since when it waits',
      before: delivery({ queuedAt: '?' }),
      state: 'dead',
    },
    {
      name: 'is given up where its receiver wants it no more',
      before: delivery(),
      more: { isOver: true },
      state: 'dead',
    },
  ] as const;
  for (const row of rows)
    it(row.name, () => {
      const failure = failed('it is away', true);
      assert.ok(failure.kind === 'failed');
      const after = afterFailure(
        row.before,
        { ...failure, ...('more' in row && row.more) },
        limits,
        NOW,
        () => 1,
      );
      assert.equal(after.state, row.state);
      assert.equal(after.tries, row.before.tries + 1);
      assert.equal(after.reason, 'it is away');
      assert.equal(after.nextAt, 'wait' in row ? iso(NOW + row.wait) : undefined);
    });

  for (const [name, nextAt, wait] of [
    ['that was never tried is due at once', undefined, 0],
    ['is due when it says', iso(NOW + 5_000), 5_000],
    ['is due where that is over', iso(NOW - 5_000), 0],
    ['is due within an hour, whatever the clock was', iso(NOW + 1e12), 3_600_000],
    ['is due at once where that cannot be read', 'soon', 0],
  ] as const)
    it(name, () => {
      assert.equal(dueIn(delivery({ ...(nextAt !== undefined && { nextAt }) }), NOW), wait);
    });
});
