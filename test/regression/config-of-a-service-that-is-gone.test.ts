import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { paths } from '../../state/model/paths.js';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('the config of a service that is gone', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it('is waited for by no hook of a unit that was removed by force', async () => {
    const one = await world.publish(1, {
      hooks: {
        start: '[ "$ENSEMBLE_UNIT_NAME" = f/0 ] || { gate start; config-get title; }',
        stop: 'config-get title 2>>"$trace"',
      },
    });
    const lost = await world.agentProcess('m1');
    await world.deploy(one, 2, 'f', 'm1');
    await world.untilOn(one);
    await eventually(async () => assert.equal((await world.trace('f/1')).at(-1), 'start 1'));
    await lost.kill();
    await world.coordinator.remove(paths.agent('m1'));
    for (const command of [
      ['remove-unit', '--force', 'f/0', 'f/1'],
      ['destroy-service', 'f'],
    ])
      assert.equal((await ensemble(world, ...command)).code, 0);
    assert.equal(await world.coordinator.get(paths.service('f')), undefined);
    // The hook of f/1 asks as soon as there is somebody to ask, and so before it is known that the unit was removed.
    await world.openGate('start');
    await world.agentProcess('m1');
    await eventually(
      async () => assert.deepEqual(await readdir(world.path('machines', 'm1', 'units')), []),
      60_000,
    );
    for (const unit of ['f/0', 'f/1'])
      assert.deepEqual(
        (await world.trace(unit)).filter((line) => /^stop|does not exist/.test(line)),
        ['stop 1', 'config-get: service f does not exist'],
      );
  });
});
