import assert from 'node:assert/strict';
import { appendFile } from 'node:fs/promises';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('what a command says by ensemble-log', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it('stands under run, and what the hook before it left running prints stands under that hook', async () => {
    const one = await world.publish(1, { hooks: { start: 'echo started' } });
    await world.agent();
    await world.deploy(one);
    await world.untilOn(one);
    const lines = (...expected: readonly string[]): Promise<void> =>
      eventually(async () => {
        const { stdout } = await ensemble(world, 'debug-log');
        assert.deepEqual(stdout.replace(/^\S+Z /gm, ''), expected.map((line) => `f/0 ${line}\n`).join(''));
      });
    await lines('start INFO: started');
    assert.equal((await ensemble(world, 'run', 'f/0', '--', 'ensemble-log', 'said')).code, 0);
    await lines('start INFO: started', 'run INFO: said');
    await appendFile(world.unitPath('f/0', 'log', 'hooks.log'), 'served\n');
    await lines('start INFO: started', 'run INFO: said', 'start INFO: served');
  });
});
