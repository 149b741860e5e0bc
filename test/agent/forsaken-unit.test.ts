import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { removeUnit } from '../../state/model/removal.js';
import { eventually } from '../eventually.js';
import { World } from './world.js';

describe('a unit that is gone from the tree for no known reason', () => {
  it('is left alone with its data and what it runs, and the log says so', async () => {
    const world = await World.open();
    try {
      const one = await world.publish(1);
      await world.agent();
      await world.deploy(one);
      await world.untilOn(one);
      await removeUnit(world.coordinator, 'f/0');
      await eventually(() =>
        assert.ok(
          world.log.some(
            ({ message, unit }) =>
              unit === 'f/0' &&
              message === 'the unit is no longer in the state tree; it is left as it is on disk',
          ),
        ),
      );
      await world.stopAgents();
      await access(world.unitPath('f/0', 'formula'));
      assert.equal((await world.trace()).at(-1), 'start 1', 'stop did not run');
    } finally {
      await world.close();
    }
  });
});
