import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { paths } from '../../state/model/paths.js';
import { requestResolved } from '../../state/model/requests.js';
import { setConfigValues } from '../../state/model/services.js';
import { addUnits } from '../../state/model/units.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('a request that an agent honours', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it('stays in the tree until the journal says so, so that a kill in between loses nothing', async () => {
    const one = await world.publish(1, { hooks: { start: 'exit 1' } });
    const mortal = await world.agentProcess('m0', {
      variables: {
        ENSEMBLE_ALLOW_FAULTS: world.path('faults'),
        ENSEMBLE_FAULTS: 'started.journal.before=hang',
      },
    });
    await world.deploy(one);
    await world.until('start-error');
    await requestResolved(world.coordinator, 'f/0', false, requester);
    await eventually(async () =>
      assert.match(await readFile(world.path('faults', 'passed'), 'utf8'), /^started\.journal\.before$/m),
    );
    // Gives the agent all occasion to look at the unit again.
    await setConfigValues(world.coordinator, 'f', {});
    await addUnits(world.coordinator, 'f', 1, requester.requestedAt);
    await world.until('start-error', 'f/1');
    assert.ok(await world.coordinator.get(paths.resolved('f/0')), 'the request stands');
    await mortal.kill();
    await world.agentProcess();
    await world.untilOn(one);
    await eventually(async () => assert.equal(await world.coordinator.get(paths.resolved('f/0')), undefined));
  });
});
