import assert from 'node:assert/strict';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import type { CommandEnd } from '../command-process.js';

/** The rollout stayed paused, and \`status\` named the word for it; said, the word was refused, and units stayed behind. */
describe('a rollout that is paused, when a single unit is upgraded further', function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => {
    world = await World.open();
    await world.agent();
  });
  afterEach(() => world.close());

  async function ok(...args: readonly string[]): Promise<CommandEnd> {
    const end = await ensemble(world, ...args);
    assert.equal(end.code, 0, `${args.join(' ')}\n${end.stdout}${end.stderr}`);
    return end;
  }

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
