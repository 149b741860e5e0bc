import assert from 'node:assert/strict';
import { revertService } from '../../control/upgrade/revert.js';
import { paths } from '../../state/model/paths.js';
import { ensemble } from '../agent/operator.js';
import { requester, World } from '../agent/world.js';

/**
 * A command that was killed after the service was set, and before its units were asked, and then was given again, went back
 * one revision more than anybody wanted.
 */
describe('a revert of a service that is interrupted and asked for again', () => {
  let world: World;

  beforeEach(async () => {
    world = await World.open();
    await world.writeFormula(1);
    await world.agent();
    assert.equal((await ensemble(world, 'deploy', '--repository', 'world', '-n', '2', 'f')).code, 0);
    for (const revision of [2, 3]) {
      await world.writeFormula(revision);
      assert.equal((await ensemble(world, 'upgrade-formula', 'f')).code, 0);
    }
  });
  afterEach(() => world.close());

  async function formula(): Promise<string> {
    return JSON.parse((await world.coordinator.get(paths.service('f')))?.value ?? '{}').formula;
  }

  it('goes on with where it was going, and one more only when it is there', async () => {
    // As far as the command comes before it drives its rollout, where nobody else does.
    await world.stopAgents();
    await revertService(world.coordinator, 'f', requester);
    const again = await revertService(world.coordinator, 'f', requester);
    assert.equal(again.to, 'world:f-2');
    await world.agent();
    const end = await ensemble(world, 'revert-formula', 'f');
    assert.equal(end.code, 0, end.stderr);
    assert.match(end.stderr, /2 of 2 units run world:f-2 /);
    assert.equal(await formula(), 'world:f-2');
    const once = await ensemble(world, 'revert-formula', 'f');
    assert.equal(once.code, 0, once.stderr);
    assert.equal(await formula(), 'world:f-1');
  });
});
