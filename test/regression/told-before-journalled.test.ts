import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readUnitHistory } from '../../state/model/history.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('an agent that is killed while its journal is slow', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it('has told of nothing that the journal does not say', async () => {
    const variables = {
      ENSEMBLE_ALLOW_FAULTS: world.path('faults'),
      // A second in which the tree could be told that the unit has started, then death.
      ENSEMBLE_FAULTS: 'started.journal.before=delay:always,started.journal.before=kill',
    };
    const one = await world.publish(1);
    const dying = await world.agentProcess('m0', { variables });
    await world.deploy(one);
    await dying.ended();
    assert.ok(existsSync(world.path('faults/fired-started.journal.before')));
    assert.equal((await world.unit()).status.state, 'starting');
    await world.agentProcess('m0', { variables });
    await world.untilOn(one);
    await eventually(async () =>
      assert.deepEqual(
        (await readUnitHistory(world.coordinator, 'f/0')).map(({ what, outcome }) => `${what} ${outcome}`),
        ['install done', 'start done'],
      ),
    );
  });
});
