import assert from 'node:assert/strict';
import { SAMPLE, WATCHER_POINTS } from './points.js';
import { Offers, Scene } from './scene.js';

describe('a watcher that is killed anywhere in a pass', function () {
  this.timeout(120_000);
  let offers: Offers;
  let undisturbed: unknown;
  before(async () => {
    offers = await Offers.open();
    const scene = await Scene.open(offers);
    try {
      await scene.lookOnce();
      assert.deepEqual(await scene.passed(), WATCHER_POINTS.toSorted(), 'all fault points are known');
      // What was begun in one look is what the next one looks at.
      await scene.lookOnce();
      undisturbed = await scene.outcome();
      assert.equal((await scene.announced()).length, 5, 'four services and a candidate');
      assert.deepEqual(await scene.begun(), ['r:f-2']);
    } finally {
      await scene.close();
    }
  });
  after(() => offers.world.close());

  it('again and again, leaves to the one after it what comes to the same as if none had been', async () => {
    const scene = await Scene.open(offers);
    try {
      for (const point of SAMPLE) await scene.killedAt(point);
      await scene.lookOnce();
      assert.deepEqual(await scene.outcome(), undisturbed);
      assert.deepEqual(await scene.begun(), ['r:f-2']);
      const announced = await scene.announced();
      const twice = announced.length - new Set(announced.map(({ id }) => id)).size;
      // Deliveries go on beside the pass: any kill may be in the middle of one.
      assert.ok(twice >= 1 && twice <= SAMPLE.length, `${twice} delivered twice, by the same id`);
    } finally {
      await scene.close();
    }
  });
});
