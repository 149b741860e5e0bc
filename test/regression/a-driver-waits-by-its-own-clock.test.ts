import assert from 'node:assert/strict';
import { RolloutUnits } from '../../control/rollout/watch-rollout-units.js';
import { eventually } from '../eventually.js';
import { ManualClock } from '../manual-clock.js';
import { useTree } from '../state/model/tree.js';

/** Milliseconds after which a driver reads units that it heard nothing of. */
const ROUND = 5_000;

describe('a driver of a rollout', () => {
  const tree = useTree();

  it('reads units anew when its own clock says so', async () => {
    const clock = new ManualClock();
    let reads = 0;
    const counting = new Proxy(tree.one, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') return value;
        return (...args: readonly unknown[]): unknown => {
          if (name === 'getMany') reads += 1;
          return value.apply(target, args);
        };
      },
    });
    const names = Array.from({ length: 20 }, (_, index) => `web/${index}`);
    let looks = 0;
    const units = new RolloutUnits(
      { coordinator: counting, clock },
      names,
      () => {
        looks += 1;
      },
      (error) => assert.fail(String(error)),
    );
    try {
      await eventually(() => assert.ok(looks > 0));
      const before = reads;
      await clock.untilDue(ROUND);
      clock.advance(ROUND);
      await eventually(() => assert.ok(reads > before));
    } finally {
      units.end();
    }
  });
});
