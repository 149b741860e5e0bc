import assert from 'node:assert/strict';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';
import { WATCHER_POINTS } from '../watcher/killed/points.js';
import { Offers, Scene } from '../watcher/killed/scene.js';

/** Points at which something is delivered that is not noted: it is delivered again, by its id. */
const TWICE: readonly string[] = ['watcher.deliver.after', 'watcher.acknowledge.before'];

describe('a watcher that is killed', function () {
  this.timeout(120_000);
  let offers: Offers;
  let server: ZookeeperServer;
  let undisturbed: unknown;
  before(async () => {
    [offers, server] = await Promise.all([Offers.open(), startZookeeper()]);
    const scene = await Scene.open(offers);
    await scene.lookOnce();
    await scene.lookOnce();
    undisturbed = await scene.outcome();
    await scene.close();
  });
  after(() => Promise.all([offers.world.close(), server.stop()]));

  for (const engine of ['embedded', 'zookeeper'])
    for (const point of WATCHER_POINTS)
      it(`at ${point} leaves nothing undone and nothing done twice (${engine})`, async () => {
        const state = engine === 'zookeeper' ? `zookeeper://${server.address}/${point}` : undefined;
        const scene = await Scene.open(offers, state);
        try {
          await scene.killedAt(point);
          await scene.lookOnce();
          await scene.lookOnce();
          assert.deepEqual(await scene.outcome(), undisturbed);
          assert.deepEqual(await scene.begun(), ['r:f-2']);
          const announced = await scene.announced();
          const twice = announced.length - new Set(announced.map(({ id }) => id)).size;
          // Deliveries go on beside the pass: any kill may be in the middle of one.
          assert.ok(twice <= 1, `${twice}`);
          if (TWICE.includes(point)) assert.equal(twice, 1);
        } finally {
          await scene.close();
        }
      });
});
