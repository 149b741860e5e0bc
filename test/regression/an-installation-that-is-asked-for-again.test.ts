import assert from 'node:assert/strict';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../state/platform/clock.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

/** Whose pauses between two tries are longer than the test. */
const patient: Clock = {
  ...systemClock,
  after: (ms, act) => systemClock.after(ms >= 250 && ms <= 500 ? 600_000 : ms, act),
};

/**
 * “publish the formula again: ensemble upgrade-formula f” is what such a unit said. Whoever did so waited up to a minute for
 * the next try, and the command gave up before.
 */
describe('a unit whose formula cannot be had', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it('is installed as soon as it is asked for again', async () => {
    await world.publish(1);
    const bundles = join(world.storage.replace(/^file:/, ''), 'bundles');
    const aside = world.path('aside');
    await rename(bundles, aside);
    await world.agent({ clock: patient });
    await world.deploy('world:f-1');
    await eventually(async () => {
      const { status } = await world.unit();
      assert.match(status.message, /there is no object/);
    });
    await rm(bundles, { recursive: true, force: true });
    await rename(aside, bundles);
    assert.equal((await readdir(bundles)).length, 1);
    await world.upgrade('world:f-1');
    await world.until('started');
  });
});
