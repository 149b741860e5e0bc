import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readWatcherState } from '../../../control/watching/watcher-state.js';
import { paths } from '../../../state/model/paths.js';
import { readDeliveries } from '../../../state/model/watcher-deliveries.js';
import { watcherFingerprintSchema } from '../../../state/model/watcher.js';
import { readEntity } from '../../../state/model/entity.js';
import { eventually } from '../../eventually.js';
import { startZookeeper, type ZookeeperServer } from '../../servers/zookeeper.js';
import { Offers, Scene } from './scene.js';

describe('a watcher on ZooKeeper that is killed in the middle of a pass', function () {
  this.timeout(120_000);
  let server: ZookeeperServer;
  let offers: Offers;
  before(async () => {
    // Sessions of the dead end soon.
    [server, offers] = await Promise.all([startZookeeper(['maxSessionTimeout=4000']), Offers.open()]);
  });
  after(() => Promise.all([server.stop(), offers.world.close()]));

  it('is followed by the one that stands by, which begins no rollout twice and tells nothing twice', async () => {
    const undisturbed = await Scene.open(offers);
    // What was begun in one look is what the next one looks at.
    await undisturbed.lookOnce();
    await undisturbed.lookOnce();
    const scene = await Scene.open(offers, `zookeeper://${server.address}/takeover`);
    const { coordinator, world } = scene;
    // It has begun the rollout, and gets no further: it notes it nowhere.
    const leader = scene.start(['--period', '1h'], 'watcher.begin.after=hang');
    try {
      await eventually(() => assert.match(leader.log(), /"message":"watches"/));
      const standby = scene.start(['--period', '1h']);
      try {
        await eventually(() => assert.match(standby.log(), /stands by/));
        await eventually(() => assert.ok(existsSync(world.path('faults', 'fired-watcher.begin.after'))));
        // What is delivered and not noted yet is delivered twice, by its id.
        await eventually(async () => {
          const deliveries = await readDeliveries(coordinator, []);
          assert.deepEqual(
            deliveries.map(({ delivery }) => delivery.state),
            Array.from({ length: 4 }, () => 'delivered'),
          );
        });
        assert.equal((await readWatcherState(coordinator))?.pid, leader.process.pid);
        assert.deepEqual(await scene.begun(), ['r:f-2']);
        leader.process.kill('SIGKILL');
        await leader.ended;
        await eventually(async () => {
          const path = paths.watcherFingerprint('begun');
          const stored = await readEntity(coordinator, path, watcherFingerprintSchema);
          assert.equal(stored?.value.begun, 'r:f-2');
          assert.equal((await readWatcherState(coordinator))?.pid, standby.process.pid);
          assert.equal((await scene.announced()).length, 5);
        });
        const announced = await scene.announced();
        assert.equal(new Set(announced.map(({ id }) => id)).size, 5, 'nothing is told twice');
        assert.deepEqual(await scene.begun(), ['r:f-2'], 'no rollout is begun twice');
        await eventually(async () => assert.deepEqual(await scene.outcome(), await undisturbed.outcome()));
      } finally {
        standby.process.kill('SIGTERM');
        await standby.ended;
      }
    } finally {
      leader.process.kill('SIGKILL');
      await leader.ended;
      await scene.close();
      await undisturbed.close();
    }
  });
});
