import assert from 'node:assert/strict';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';

describe('the way back that an upgrade names', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  async function ok(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await ensemble(world, ...args);
    assert.equal(code, 0, `${args.join(' ')}\n${stdout}${stderr}`);
    return stderr;
  }

  it('leads to what the service was completed with, and not to what single units tried', async () => {
    for (const revision of [1, 2, 3]) await world.writeFormula(revision);
    await world.agent();
    await ok('deploy', '--repository', 'world', '--revision', '1', '-n', '2', 'f');
    await ok('upgrade-formula', '--revision', '2', '--unit', 'f/0', 'f');
    const told = await ok('upgrade-formula', '--revision', '3', '--unit', 'f/0', 'f');
    assert.match(told, /to go back to world:f-1: ensemble revert-formula f$/m);
    await ok('revert-formula', 'f');
    assert.equal((await world.unit('f/0')).unit.formula, 'world:f-1');
  });
});
