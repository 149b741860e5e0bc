import assert from 'node:assert/strict';
import { ensemble, succeed } from '../agent/operator.js';
import { World } from '../agent/world.js';

describe('the way back of a service', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.open();
    await world.writeFormula(1);
    await world.writeFormula(2, { hooks: { 'upgrade-formula': 'exit 1' } });
    await world.writeFormula(3);
    await world.agent();
    await ok('deploy', '--repository', 'world', '--revision', '1', '-n', '2', 'f');
  });
  afterEach(() => world.close());

  const ok = (...args: readonly string[]) => succeed(world, ...args);

  it('passes over a revision that failed, though the next one is done', async () => {
    assert.equal((await ensemble(world, 'upgrade-formula', '--revision', '2', 'f')).code, 1);
    const { stderr } = await ok('upgrade-formula', '--force', '--revision', '3', 'f');
    assert.match(stderr, /to go back to world:f-1: ensemble revert-formula f\n/);
    assert.match((await ok('revert-formula', 'f')).stderr, /^f goes back from world:f-3 to world:f-1\n/);
    await world.untilOn('world:f-1');
  });
});
