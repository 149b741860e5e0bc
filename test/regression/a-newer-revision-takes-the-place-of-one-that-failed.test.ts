import assert from 'node:assert/strict';
import { inState } from '../../control/rollout/written.js';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { readRollout, type Rollout } from '../../state/model/rollout.js';
import { requireService } from '../../state/model/services.js';
import { useWatchedWorld } from '../watcher/watched-world.js';

describe('by policy auto, where the rollout to a revision failed', function () {
  this.timeout(60_000);
  const at = useWatchedWorld();

  /** A service whose rollout to revision 2 the watcher began, and which came out so. */
  async function failing(change: (rollout: Rollout) => Rollout = (rollout) => rollout) {
    const { world } = at;
    const environment = await world.environment();
    const { coordinator } = environment;
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    await world.formula('all/f-2', 'f', 2);
    await world.service(coordinator, 's', id, world.path('all'), { mode: 'auto' });
    const watcher = await world.watch([environment]);
    const begun = await readRollout(coordinator, 's');
    assert.equal(begun?.value.to, 'r:f-2');
    const failed = inState(begun.value, { state: 'failed', reason: 's/0 failed: exit 1' }, Date.now());
    await coordinator.set(paths.rollout('s'), nodeValue(change(failed)));
    const formulas = async (): Promise<readonly (string | undefined)[]> => {
      const rollout = await readRollout(coordinator, 's');
      return [(await requireService(coordinator, 's')).value.formula, rollout?.value.to];
    };
    return { watcher, formulas };
  }

  it('a newer one takes its place at once, and it is not tried again itself', async () => {
    const { watcher, formulas } = await failing();
    await watcher.pass();
    assert.deepEqual(await formulas(), ['r:f-2', 'r:f-2']);
    await at.world.formula('all/f-3', 'f', 3);
    await watcher.pass();
    assert.deepEqual(await formulas(), ['r:f-3', 'r:f-3']);
  });

  it('nothing does where a way back failed, which is said', async () => {
    const { watcher, formulas } = await failing((rollout) => ({ ...rollout, revert: true }));
    await at.world.formula('all/f-3', 'f', 3);
    await watcher.pass();
    assert.deepEqual(await formulas(), ['r:f-2', 'r:f-2']);
    const last = at.world.reports.at(-1)?.did ?? '';
    assert.match(last, /left r:f-3 for later: a rollout to r:f-2 is failed/);
  });
});
