import assert from 'node:assert/strict';
import { ensemble, succeed } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

/** Only ways were named on which its hook runs again; and its history told of it as of an upgrade. */
describe('a way back whose hook fails for good', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.open();
    await world.agent();
    await world.writeFormula(1, { hooks: { 'revert-formula': 'exit 1' } });
    await ok('deploy', '--repository', 'world', 'f');
    await world.writeFormula(2);
    await ok('upgrade-formula', 'f');
  });
  afterEach(() => world.close());

  const ok = (...args: readonly string[]) => succeed(world, ...args);

  it('is taken as done by the command that status names, and is on record as a way back', async () => {
    const { code, stderr } = await ensemble(world, 'revert-formula', 'f');
    assert.equal(code, 1);
    assert.match(stderr, /\n {2}or leave all units where they are: ensemble rollout abort f\n/);
    const { stdout } = await ok('history', '--what', 'revert', 'f');
    assert.match(stdout, /f\/0 +revert +failed +.* world:f-2 +world:f-1 /);
    const status = await ok('status', 'f');
    assert.match(status.stdout, /\n +or: ensemble resolved f\/0 \(takes it to world:f-1 all the same\)\n/);
    await ok('resolved', 'f/0');
    await world.untilOn('world:f-1');
    await eventually(async () => {
      const shown = await ok('rollout', 'status', '--format', 'json', 'f');
      assert.equal(JSON.parse(shown.stdout).state, 'done');
    }, 60_000);
  });
});
