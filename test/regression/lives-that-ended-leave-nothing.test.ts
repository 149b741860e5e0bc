import { ManyLives } from '../agent/many-lives.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';

/** The first ones fill what is kept: two earlier formulas, the service's number. */
const BEFORE = 3;
const CYCLES = 10;

for (const engine of ['embedded', 'ZooKeeper'])
  describe(`lives that ended, on ${engine}`, function () {
    this.timeout(120_000);
    let server: ZookeeperServer | undefined;
    let lives: ManyLives;
    before(async () => {
      if (engine === 'ZooKeeper') server = await startZookeeper();
      lives = await ManyLives.open(server);
    });
    after(async () => {
      await lives.close();
      await server?.stop();
    });

    it('leave nothing: not in memory, on the disk, at the coordinator', async () => {
      for (let cycle = 0; cycle < BEFORE; cycle += 1) await lives.deployAndDestroy();
      const before = await lives.settled();
      for (let cycle = 0; cycle < CYCLES; cycle += 1) await lives.deployAndDestroy();
      await lives.backTo(before);
    });

    it('nor do upgrades that are through', async () => {
      for (let cycle = 0; cycle < BEFORE; cycle += 1) await lives.upgrade();
      const before = await lives.settled();
      for (let cycle = 0; cycle < CYCLES; cycle += 1) await lives.upgrade();
      await lives.backTo(before);
    });
  });
