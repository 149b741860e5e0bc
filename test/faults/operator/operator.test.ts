import type { ZookeeperServer } from '../../servers/zookeeper.js';
import { playSeed } from './rounds.js';
import { embedded, onZookeeper } from './stages.js';

/** What stands in `npm test` of what `npm run test:faults` does for half an hour with seeds of its own. */
const SEEDS = [11, 12];
const STEPS = 20;

describe('an operator who does anything at any time, in part', function () {
  this.timeout(0);
  let server: ZookeeperServer | undefined;
  after(() => server?.stop());

  it(`gets what was asked for, and no invariant is broken, on both engines (seeds ${SEEDS.join(', ')})`, async () => {
    const zookeeper = await onZookeeper();
    server = zookeeper.server;
    const [one = 0, other = 0] = SEEDS;
    await Promise.all([
      playSeed(embedded, 'embedded', one, STEPS),
      playSeed(zookeeper.stage, 'zookeeper', other, STEPS),
    ]);
  });
});
