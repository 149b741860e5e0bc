import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { operate } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const ONE = 'world:f-1';

describe('a unit whose formula cannot be fetched', function () {
  this.timeout(120_000);

  it('says on whom it waits while it is followed, and starts when that is back', async () => {
    const world = await World.open();
    try {
      await world.publish(1);
      await world.deploy(ONE, 0);
      await rename(world.path('storage'), world.path('storage-away'));
      await world.agent();
      const adding = operate(world, 'add-unit', 'f');
      await eventually(() => assert.match(adding.stderr(), /^f\/0: installing: .*storage/m), 60_000);
      const { unit } = await world.unit();
      assert.equal(unit.formula, null, 'what tells it from a unit whose hook says something');
      await rename(world.path('storage-away'), world.path('storage'));
      await world.untilOn(ONE);
      await adding.ended;
    } finally {
      await world.close();
    }
  });
});
