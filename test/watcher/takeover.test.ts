import assert from 'node:assert/strict';
import { readHistory } from '../../control/history/read-history.js';
import { paths } from '../../state/model/paths.js';
import { readRollout } from '../../state/model/rollout.js';
import { requireService } from '../../state/model/services.js';
import { systemClock } from '../../state/platform/clock.js';
import { startChild } from '../servers/child.js';
import { eventually } from '../eventually.js';
import { watcherProgram } from '../programs.js';
import { useWatchedWorld } from './watched-world.js';

describe('a watcher that is in the place of another one', function () {
  this.timeout(120_000);
  const at = useWatchedWorld();

  async function withNewer() {
    const { world } = at;
    const environment = await world.environment();
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    await world.formula('one/f-2', 'f', 2);
    await world.service(environment.coordinator, 's', id, world.path('one'), { mode: 'auto' });
    return environment;
  }

  it('which was killed in the middle of a pass begins no rollout twice, and none is left out', async () => {
    const { world } = at;
    const environment = await withNewer();
    const { coordinator, state, storage } = environment;
    const child = startChild(process.execPath, [watcherProgram, '--state', state, '--storage', storage], {
      HOME: world.root,
    });
    await eventually(async () => assert.ok(await coordinator.get(paths.newer('s'))));
    await child.stop();
    // As when its session ran out.
    await coordinator.remove(paths.watcherLeader).catch(() => undefined);
    const watcher = await world.watch([environment]);
    await watcher.pass();
    assert.equal((await requireService(coordinator, 's')).value.formula, 'r:f-2');
    const request = { subject: 's', what: ['upgrade'], now: Date.now() };
    const { entries: begun } = await readHistory({ coordinator }, request, []);
    assert.equal(begun.length, 1, JSON.stringify(begun));
    assert.equal((await readRollout(coordinator, 's'))?.value.to, 'r:f-2');
  });

  it('and does not know it yet, writes nothing', async () => {
    const { world } = at;
    const environment = await withNewer();
    const { coordinator } = environment;
    // What a leader before it raised is raised by the next one too.
    let isDeposed = false;
    const watcher = await world.watch([environment], {
      before: async () => {
        const node = await coordinator.get(paths.watcherElection);
        await coordinator.set(paths.watcherElection, node?.value ?? '');
        isDeposed = true;
      },
    });
    assert.equal(isDeposed, true);
    await watcher.pass();
    assert.equal((await requireService(coordinator, 's')).value.formula, 'r:f-1');
    assert.equal(await coordinator.get(paths.newer('s')), undefined);
    assert.equal(await coordinator.get(paths.watcherFingerprint('s')), undefined);
    assert.deepEqual(await coordinator.children(paths.watcherRepositories), []);
  });

  it('goes by no clock on the wall: one that jumps has nothing told twice, and no repository left alone', async () => {
    const { world } = at;
    const environment = await withNewer();
    await world.policy(environment.coordinator, 's', { mode: 'notify' });
    let jump = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + jump };
    const watcher = await world.watch([environment], { clock });
    for (jump of [365 * 86_400_000, -365 * 86_400_000, 0]) {
      const before = watcher.polls();
      await watcher.pass();
      assert.equal(watcher.polls(), before + 1);
    }
    assert.equal(world.announced.length, 1);
    assert.equal((await world.newer(environment.coordinator, 's'))?.eligible, 2);
  });
});
