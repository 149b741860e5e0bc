import assert from 'node:assert/strict';
import { ManyLives } from '../agent/many-lives.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';

/** Cycles of each kind that must leave nothing. */
const CYCLES = Number(process.env.CYCLES ?? 200);
/** By then everything that is kept up to a number is: 50 histories of units that are gone, 64 formulas, caches. */
const BEFORE = Math.min(70, CYCLES);
/** Bytes by which the heap may differ: a unit that stays in memory takes some 60 kB, so 200 of them 12 MB. */
const HEAP = 4 * 1024 * 1024;
/** Histories that are kept of a service's units that are gone. */
const MOST_HISTORIES = 50;

for (const engine of ['embedded', 'ZooKeeper'])
  describe(`very many lives that ended, on ${engine}`, function () {
    this.timeout(1_800_000);
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

    async function leaveNothing(cycle: () => Promise<void>): Promise<void> {
      for (let done = 0; done < BEFORE; done += 1) await cycle();
      const before = await lives.settled();
      const heap = lives.heap();
      for (let done = 0; done < CYCLES; done += 1) await cycle();
      await lives.backTo(before);
      const grown = lives.heap() - heap;
      assert.ok(grown < HEAP, `the heap has grown by ${grown} bytes in ${CYCLES} cycles`);
    }

    it(`leave nothing: ${CYCLES} times deployed and destroyed`, async () => {
      await leaveNothing(() => lives.deployAndDestroy());
      assert.ok((await lives.histories()) <= MOST_HISTORIES);
    });

    it(`leave nothing: ${CYCLES} times upgraded`, () => leaveNothing(() => lives.upgrade()));
  });
