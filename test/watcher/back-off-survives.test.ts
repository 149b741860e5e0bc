import assert from 'node:assert/strict';
import { readWatchedRepositories } from '../../control/watching/watched-repositories.js';
import { systemClock } from '../../state/platform/clock.js';
import { useWatchedWorld } from './watched-world.js';

describe('a repository that fails again and again', function () {
  this.timeout(120_000);
  const at = useWatchedWorld();

  it('is left alone by the watcher that comes after, too, until its time has come', async () => {
    const { world } = at;
    let jump = 0;
    const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + jump };
    const environment = await world.environment();
    const { coordinator } = environment;
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    await world.service(coordinator, 's', id, world.path('away'));
    // Longer than this test takes.
    const period = 600_000;
    const first = await world.watch([environment], { clock, period });
    await first.pass();
    const [open] = await readWatchedRepositories(coordinator);
    assert.deepEqual([open?.failures, open?.circuit], [2, 'open']);
    await first.stop();
    const reports = world.reports.length;
    const second = await world.watch([environment], { clock, period });
    assert.equal(second.polls(), 0, 'it is not asked anew');
    assert.deepEqual(
      second.repositories().map(({ failures, circuit }) => [failures, circuit]),
      [[2, 'open']],
    );
    jump = 2 * period;
    await second.pass();
    assert.equal(second.polls(), 1);
    const [again] = await readWatchedRepositories(coordinator);
    assert.equal(again?.failures, 3, 'it goes on from there');
    assert.equal(world.reports.length, reports, 'what is known to fail is not reported anew');
  });
});
