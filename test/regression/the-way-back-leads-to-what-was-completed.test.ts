import assert from 'node:assert/strict';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import type { CommandEnd } from '../command-process.js';

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

  async function ok(...args: readonly string[]): Promise<CommandEnd> {
    const end = await ensemble(world, ...args);
    assert.equal(end.code, 0, `${args.join(' ')}\n${end.stdout}${end.stderr}`);
    return end;
  }

  it('passes over a revision that failed, though the next one is done', async () => {
    assert.equal((await ensemble(world, 'upgrade-formula', '--revision', '2', 'f')).code, 1);
    const { stderr } = await ok('upgrade-formula', '--force', '--revision', '3', 'f');
    assert.match(stderr, /to go back to world:f-1: ensemble revert-formula f\n/);
    assert.match((await ok('revert-formula', 'f')).stderr, /^f goes back from world:f-3 to world:f-1\n/);
    await world.untilOn('world:f-1');
  });
});
