import assert from 'node:assert/strict';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { type Clock, systemClock } from '../../../state/platform/clock.js';
import { findProcess } from '../../../state/platform/process-stat.js';
import { eventually } from '../../eventually.js';
import { World } from '../world.js';

const one = 'world:f-1';
const two = 'world:f-2';
const BEFORE = 'the boot before';
const LIVED = ['install 1', 'config-changed 1', 'start 1'];

describe('an upgrade that waits when its machine is rebooted', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  /** A unit whose upgrade waits for a lease, in a boot that is over then. */
  async function postponed(): Promise<void> {
    await world.publish(1);
    const agent = await world.agent({ boot: BEFORE });
    await world.deploy(one);
    await world.untilOn(one);
    await world.publish(2);
    await mkdir(world.unitPath('f/0', 'busy'));
    const startTime = findProcess(process.pid)?.startTime;
    const lease = { name: 'test', pid: process.pid, startTime, boot: BEFORE, since: 1 };
    await writeFile(world.unitPath('f/0', 'busy', `test.${process.pid}`), JSON.stringify(lease));
    await world.upgrade(two);
    await eventually(async () => assert.ok((await world.unit()).status.upgrade?.postponed));
    await agent.stop();
  }

  it('goes before start, which is that of the new formula', async () => {
    await postponed();
    await world.agent();
    await world.untilOn(two);
    await eventually(async () =>
      assert.deepEqual(await world.trace(), [...LIVED, 'upgrade-formula 2', 'config-changed 2', 'start 2']),
    );
  });

  it('holds nothing up where it was called off meanwhile', async () => {
    await postponed();
    await world.coordinator.remove('/units/f-0/upgrade');
    const begun = Date.now();
    await world.agent();
    await eventually(async () => assert.deepEqual(await world.trace(), [...LIVED, 'start 1']));
    assert.ok(Date.now() - begun < 8_000);
  });

  it('keeps a unit from its start for ten seconds at most, where it does not get on', async () => {
    await postponed();
    for (const directory of [world.path('storage'), world.path('machines', 'm0', 'cache')])
      await rm(directory, { recursive: true });
    const staged = (await readdir(world.unitPath('f/0', '.formula'))).filter((name) => name.startsWith('2-'));
    assert.equal(staged.length, 2);
    for (const name of staged) await rm(world.unitPath('f/0', '.formula', name), { recursive: true });
    const waits: number[] = [];
    const clock: Clock = {
      ...systemClock,
      after(ms, callback) {
        waits.push(ms);
        return systemClock.after(ms === 10_000 ? 500 : ms, callback);
      },
    };
    await world.agent({ clock });
    await eventually(async () => assert.deepEqual(await world.trace(), [...LIVED, 'start 1']));
    assert.ok(waits.includes(10_000));
    assert.equal((await world.unit()).unit.formula, one);
  });
});
