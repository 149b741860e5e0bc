import assert from 'node:assert/strict';
import { hookSlots } from '../../../agent/machine/hook-slots.js';

describe('hook slots', () => {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('no more hooks than slots at once, first come, first served', async () => {
    const { take } = hookSlots(2);
    const order: number[] = [];
    const ends: (() => void)[] = [];
    for (let hook = 0; hook < 6; hook += 1) {
      void take().then((giveBack) => {
        order.push(hook);
        ends.push(giveBack);
      });
    }
    await turn();
    assert.deepEqual(order, [0, 1]);
    while (ends.length > 0) {
      ends.shift()?.();
      await turn();
    }
    assert.deepEqual(order, [0, 1, 2, 3, 4, 5]);
  });

  it('who comes when a slot is given back is not faster than who waits', async () => {
    const { take } = hookSlots(1);
    const giveBack = await take();
    const order: string[] = [];
    void take().then(() => order.push('waited'));
    await turn();
    giveBack();
    void take().then(() => order.push('came later'));
    await turn();
    assert.deepEqual(order, ['waited']);
  });

  it('a hook that runs already takes its slot at once, and new ones wait until there is room again', async () => {
    const { take, takeNow } = hookSlots(1);
    const adopted = [takeNow(), takeNow()];
    let started = false;
    void take().then(() => {
      started = true;
    });
    adopted[0]?.();
    await turn();
    assert.equal(started, false);
    adopted[1]?.();
    await turn();
    assert.equal(started, true);
  });

  it('a slot given back twice is one slot', async () => {
    const { take } = hookSlots(1);
    const giveBack = await take();
    giveBack();
    giveBack();
    await take();
    let second = false;
    void take().then(() => {
      second = true;
    });
    await turn();
    assert.equal(second, false);
  });

  it('who waits no more keeps nobody behind it waiting', async () => {
    const { take } = hookSlots(1);
    const giveBack = await take();
    const unwanted = new AbortController();
    const left = take(unwanted.signal);
    let third = false;
    void take().then(() => {
      third = true;
    });
    unwanted.abort();
    await assert.rejects(left, { name: 'AbortError' });
    giveBack();
    await turn();
    assert.equal(third, true);
    await assert.rejects(
      take(unwanted.signal),
      { name: 'AbortError' },
      'nobody waits with what is not wanted',
    );
  });
});
