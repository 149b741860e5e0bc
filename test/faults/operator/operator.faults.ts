import assert from 'node:assert/strict';
import { chooseSeed } from '../../random.js';
import type { ZookeeperServer } from '../../servers/zookeeper.js';
import { playFor } from './rounds.js';
import { embedded, onZookeeper } from './stages.js';

/** Minutes on each engine, both at the same time. */
const MINUTES = Number(process.env.OPERATOR_MINUTES ?? 15);

describe('an operator who does anything at any time', () => {
  const seed = chooseSeed();
  let server: ZookeeperServer | undefined;
  after(() => server?.stop());

  it(`gets what was asked for, and no invariant is broken: ${MINUTES} minutes on each engine (SEED=${seed})`, async function () {
    this.timeout(0);
    const zookeeper = await onZookeeper();
    server = zookeeper.server;
    const milliseconds = MINUTES * 60_000;
    const plays = await Promise.all([
      playFor(embedded, 'embedded', seed, milliseconds),
      playFor(zookeeper.stage, 'zookeeper', seed, milliseconds),
    ]);
    assert.ok(plays.every((count) => count > 0));
  });
});
