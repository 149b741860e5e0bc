import assert from 'node:assert/strict';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pruneCache } from '../../../agent/disk/housekeeping.js';
import { eventually } from '../../eventually.js';
import { World } from '../world.js';

describe('the housekeeping of a machine', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  it('removes old bundles that nobody needs, and nothing else', async () => {
    const cache = world.path('cache');
    await mkdir(cache);
    for (const name of ['aa.tar.gz', 'bb.tar.gz', 'cc.tar.gz']) await writeFile(join(cache, name), name);
    const long = new Date(Date.now() - 2 * 3_600_000);
    for (const name of ['aa.tar.gz', 'bb.tar.gz']) await utimes(join(cache, name), long, long);
    await pruneCache(cache, new Set(['aa']), Date.now());
    assert.deepEqual(await readdir(cache), ['aa.tar.gz', 'cc.tar.gz']);
  });

  it('keeps the bundles that units run, and tells what the disk holds', async () => {
    const one = await world.publish(1);
    await world.deploy(one);
    const agent = await world.agent();
    await world.untilOn(one);
    await agent.stop();
    const cache = world.path('machines', 'm0', 'cache');
    const [bundle = ''] = await readdir(cache);
    const long = new Date(Date.now() - 2 * 3_600_000);
    await utimes(join(cache, bundle), long, long);
    await world.agent();
    await eventually(async () => {
      const machine = JSON.parse((await world.coordinator.get('/machines/m0'))?.value ?? '{}');
      assert.ok(machine.disk?.units > 0 && machine.disk.cache > 0 && machine.disk.free > 0);
    });
    assert.deepEqual(await readdir(cache), [bundle]);
  });

  it('removes formulas that the agent before it put aside, and no other', async () => {
    const one = await world.publish(1);
    await world.deploy(one);
    const agent = await world.agent();
    await world.untilOn(one);
    await agent.stop();
    const formulas = world.unitPath('f/0', '.formula');
    const before = await readdir(formulas);
    await mkdir(join(formulas, '.removed-1', 'hooks'), { recursive: true });
    await writeFile(join(formulas, '.removed-1', 'hooks', 'install'), '');
    await writeFile(join(formulas, '.removed-2'), '');
    await world.agent();
    await eventually(async () => assert.deepEqual(await readdir(formulas), before));
  });
});
