import assert from 'node:assert/strict';
import { succeed } from '../agent/operator.js';
import { World } from '../agent/world.js';

/** Its units were made while the command drove, which had not heard of them yet: it followed none, and said "0 of 0 units". */
describe('whoever has a service cloned', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.open();
    await world.agent();
  });
  afterEach(() => world.close());

  const ok = (...args: readonly string[]) => succeed(world, ...args);

  it('sees the units of the clone come up', async () => {
    await world.writeFormula(1);
    await ok('deploy', '--repository', 'world', '-n', '2', 'f');
    await world.writeFormula(2);
    const { stderr } = await ok('upgrade-formula', '--strategy', 'clone', 'f');
    assert.match(stderr, /\nf-r2\/0: started\n/);
    assert.match(stderr, /\n2 of 2 units run world:f-2 /);
  });
});
