import assert from 'node:assert/strict';
import { readHistory } from '../../control/history/read-history.js';
import { readWatcherState } from '../../control/watching/watcher-state.js';
import { systemClock } from '../../state/platform/clock.js';
import { startWatcher } from '../../watcher/watcher.js';
import { eventually, eventuallyTrue } from '../eventually.js';
import { useWatchedWorld } from '../watcher/watched-world.js';

describe('a service is looked at', function () {
  this.timeout(120_000);
  const at = useWatchedWorld();

  it('by one look at a time, whoever asks for another one meanwhile', async () => {
    const { world } = at;
    const environment = await world.environment();
    const { coordinator } = environment;
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    await world.formula('one/f-2', 'f', 2);
    await world.service(coordinator, 's', id, world.path('one'), { mode: 'auto' });
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let telling = 0;
    world.receiving = async () => {
      telling += 1;
      await gate;
    };
    const watching = world.watch([environment]);
    await eventuallyTrue('it is told of', () => telling === 1);
    const watcher = world.watcherOf(0);
    const checks = Promise.all([watcher.check(() => true), watcher.check(() => true)]);
    await eventually(() => assert.equal(watcher.polls(), 3));
    open();
    await Promise.all([watching, checks]);
    assert.deepEqual([telling, world.announced.length], [1, 1]);
    assert.deepEqual(
      world.reports.filter(({ outcome }) => outcome !== 'done'),
      [],
    );
    const asked = await readHistory(
      { coordinator },
      { subject: 's', what: ['upgrade'], now: Date.now() },
      [],
    );
    assert.deepEqual(
      asked.entries.map(({ to }) => to),
      ['r:f-2'],
    );
  });

  it('in each period, whatever else there is to do in a pass', async () => {
    const { world } = at;
    const environment = await world.environment();
    let begun = 0;
    const watcher = startWatcher({
      environments: [environment],
      period: 200,
      version: 'test',
      clock: systemClock,
      random: Math.random,
      log: world.logging(),
      openParts: async () => ({
        reporter: { report: () => undefined },
        announcer: { announce: async () => undefined },
        parts: [
          {
            name: 'a part that never ends',
            pass: () => {
              begun += 1;
              return new Promise<never>(() => undefined);
            },
            close: async () => undefined,
          },
        ],
        close: async () => undefined,
      }),
    });
    try {
      const lastPass = async (): Promise<string | undefined> =>
        (await readWatcherState(environment.coordinator))?.lastPassAt;
      await eventuallyTrue('a pass is over', async () => (await lastPass()) !== undefined);
      const first = await lastPass();
      await eventuallyTrue('so is the next one', async () => (await lastPass()) !== first);
      assert.equal(begun, 1, 'and nothing is begun beside itself');
    } finally {
      await watcher.stop();
    }
  });
});
