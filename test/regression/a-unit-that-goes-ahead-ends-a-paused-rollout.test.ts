import assert from 'node:assert/strict';
import { succeed } from '../agent/operator.js';
import { World } from '../agent/world.js';

/** The rollout stayed paused, and `status` named the word for it; said, the word was refused, and units stayed behind. */
describe('a rollout that is paused, when a single unit is upgraded further', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.open();
    await world.agent();
  });
  afterEach(() => world.close());

  const ok = (...args: readonly string[]) => succeed(world, ...args);

  it('is over, and the command is named that takes the others there', async () => {
    await world.writeFormula(1);
    await ok('deploy', '--repository', 'world', '-n', '2', 'f');
    await world.writeFormula(2);
    await world.writeFormula(3);
    await ok('upgrade-formula', '--revision', '2', '--canary', '1', 'f');
    await ok('upgrade-formula', '--unit', 'f/1', '--revision', '3', 'f');
    const shown = JSON.parse((await ok('rollout', 'status', '--format', 'json', 'f')).stdout);
    assert.deepEqual([shown.state, shown.next], ['superseded', null]);
    const { stdout } = await ok('status', 'f');
    assert.doesNotMatch(stdout, /rollout promote/);
    assert.match(stdout, /1 of f stays so until: ensemble upgrade-formula --revision 3 f\n/);
    await ok('upgrade-formula', '--revision', '3', 'f');
    for (const unit of ['f/0', 'f/1']) await world.untilOn('world:f-3', unit);
  });
});
