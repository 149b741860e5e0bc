import assert from 'node:assert/strict';
import { RateLimit } from '../../../watcher/listener/rate-limit.js';
import { Triggers } from '../../../watcher/listener/triggers.js';
import { eventually } from '../../eventually.js';
import { ManualClock } from '../../manual-clock.js';

describe('repositories that are to be looked at now', () => {
  const clock = new ManualClock();

  it('are looked at, and again where one comes while they are', async () => {
    const looks: string[][] = [];
    let go: () => void = () => undefined;
    const triggers = new Triggers({
      clock,
      look: (keys) => {
        looks.push([...keys]);
        return new Promise((resolve) => {
          go = resolve;
        });
      },
      failed: (error) => assert.fail(String(error)),
    });
    triggers.add(['a', 'b']);
    await eventually(() => assert.deepEqual(looks, [['a', 'b']]));
    triggers.add(['a']);
    triggers.add(['a', 'c']);
    go();
    await eventually(() => {
      clock.advance(1_000);
      assert.deepEqual(looks, [
        ['a', 'b'],
        ['a', 'c'],
      ]);
    });
    go();
    await triggers.close();
    triggers.add(['d']);
    assert.equal(looks.length, 2);
  });

  it('are looked at although the look before failed', async () => {
    const failures: unknown[] = [];
    let looks = 0;
    const triggers = new Triggers({
      clock,
      look: async () => {
        looks += 1;
        throw new Error('it failed');
      },
      failed: (error) => failures.push(error),
    });
    triggers.add(['a']);
    await eventually(() => assert.equal(failures.length, 1));
    triggers.add(['a']);
    await eventually(() => {
      clock.advance(1_000);
      assert.equal(looks, 2);
    });
    await triggers.close();
  });
});

describe('how often one sender may ask', () => {
  it('is so many at once, and then so many a second, whatever others do', () => {
    const limit = new RateLimit({ burst: 2, perSecond: 5 });
    assert.deepEqual(
      [0, 0, 0].map((now) => limit.take('a', now)),
      [0, 0, 200],
    );
    assert.equal(limit.take('b', 0), 0);
    assert.equal(limit.take('a', 100), 100);
    assert.equal(limit.take('a', 200), 0);
    assert.equal(limit.take('a', 300), 100);
    assert.equal(limit.take('a', 1_000_000), 0);
  });

  it('is remembered of so many senders', () => {
    const limit = new RateLimit({ burst: 1, perSecond: 1 });
    for (let sender = 0; sender < 1_001; sender += 1) assert.equal(limit.take(`${sender}`, 0), 0);
    assert.equal(limit.take('0', 0), 0, 'it was forgotten');
    assert.equal(limit.take('1000', 0), 1_000);
  });
});
