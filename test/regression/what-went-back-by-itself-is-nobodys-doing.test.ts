import assert from 'node:assert/strict';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';

describe('units of a rollout that goes back by itself', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
    await world.publish(1);
    await world.agent();
    await world.deploy('world:f-1', 3);
    for (const unit of ['f/0', 'f/1', 'f/2']) await world.untilOn('world:f-1', unit);
    await world.writeFormula(2, { hooks: { 'upgrade-formula': '[ "$ENSEMBLE_UNIT_NAME" != f/2 ]' } });
  });
  afterEach(() => world.close());

  for (const words of [
    ['--strategy', 'lockstep'],
    ['--on-failure', 'revert'],
  ])
    it(`were not taken back by somebody: ${words.join(' ')}`, async () => {
      const { code, stderr } = await ensemble(world, 'upgrade-formula', ...words, '--revision', '2', 'f');
      assert.equal(code, 1, stderr);
      assert.match(stderr, /the rollout went back to world:f-1/);
      assert.match(
        stderr,
        /f\/0 runs world:f-1, and is not asked to go to world:f-2: the rollout went back\n/,
      );
      assert.doesNotMatch(stderr, /somebody/);
    });
});
