import assert from 'node:assert/strict';
import { unlessRepeated, untilItWorks } from '../../../agent/contract/retry.js';
import { ObjectDamaged, StorageUnreachable } from '../../../state/storage/errors.js';
import { ManualClock } from '../../manual-clock.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('trying until it works', () => {
  const anything = { mayHeal: () => true, random: () => 0.5 };

  it('pauses half a second, then twice as long each time, a minute at most', async () => {
    const clock = new ManualClock();
    const pauses: number[] = [];
    let tries = 0;
    const done = untilItWorks(
      async () => {
        tries += 1;
        if (tries < 12) throw new Error(`try ${tries}`);
        return tries;
      },
      { ...anything, clock, failed: (_, ms) => pauses.push(ms) },
    );
    for (let round = 0; round < 11; round += 1) {
      await turn();
      clock.advance((pauses.at(-1) ?? 0) - 1);
      await turn();
      assert.equal(tries, round + 1, 'not before its time');
      clock.advance(1);
    }
    assert.equal(await done, 12);
    const expected = [500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000].map(
      (ms) => ms * 0.75,
    );
    assert.deepEqual(pauses, expected);
  });

  it('the same answer is asked for twenty times in a row, what nobody answers for ever', () => {
    const damaged = new ObjectDamaged({
      storage: 'file:/s',
      key: 'k',
      expected: { size: 2 },
      actual: { size: 1 },
    });
    const away = new StorageUnreachable({ storage: 'file:/s', key: 'k', reason: 'refused' });
    const mayHeal = unlessRepeated((error) => !(error instanceof TypeError));
    for (let tries = 0; tries < 100; tries += 1) assert.equal(mayHeal(away), true);
    for (let tries = 0; tries < 19; tries += 1) assert.equal(mayHeal(damaged), true);
    assert.throws(() => mayHeal(damaged), {
      code: 'no-progress',
      message: `${damaged.message}; 20 times in a row`,
      next: damaged.next,
    });
    assert.equal(mayHeal(new TypeError('a bug')), false);
  });

  it('throws what does not heal at once', async () => {
    const clock = new ManualClock();
    await assert.rejects(
      untilItWorks(
        async () => {
          throw new TypeError('a bug');
        },
        { ...anything, clock, mayHeal: (error) => !(error instanceof TypeError), failed: assert.fail },
      ),
      { message: 'a bug' },
    );
  });

  it('ends by its signal, in a pause and in a try, and reports nothing after it', async () => {
    const clock = new ManualClock();
    for (const moment of ['pause', 'try'] as const) {
      const abort = new AbortController();
      const failures: unknown[] = [];
      let fail = (): void => undefined;
      const ended = untilItWorks(
        () =>
          new Promise((_, reject) => {
            fail = () => reject(new Error('no'));
          }),
        { ...anything, clock, signal: abort.signal, failed: (error) => failures.push(error) },
      );
      const rejected = assert.rejects(ended, { message: 'given up' });
      if (moment === 'pause') {
        fail();
        await turn();
      }
      abort.abort(new Error('given up'));
      fail();
      await rejected;
      assert.equal(failures.length, moment === 'pause' ? 1 : 0);
    }
  });
});
