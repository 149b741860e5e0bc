import { World } from '../agent/world.js';
import { startProxy, type TcpProxy } from '../servers/tcp-proxy.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';
import { type DeedRow, runDeed } from './deed.js';
import { runPointCase } from './point-case.js';
import { pool } from './pool.js';
import { nameOf, type PointRow } from './row.js';

/** Cases that run beside each other. */
const WIDTH = Number(process.env.FAULT_WIDTH ?? 4);

/** One test per row. The ZooKeeper server is started where a row needs one; each case has a root of its own there. */
export function describeRows(rows: readonly (PointRow | DeedRow)[]): void {
  let server: ZookeeperServer | undefined;
  let roots = 0;

  const cases = pool(rows, WIDTH, async (row) => {
    if (row.engine === 'embedded' || server === undefined) return runIn(await World.open(), row, {});
    roots += 1;
    const path = `case${roots}`;
    const proxy = await startProxy(server.port);
    const world = await World.open({
      state: `zookeeper://${server.address}/${path}`,
      secret: 'open sesame, please',
    });
    try {
      await runIn(world, row, { server, proxy, state: `zookeeper://${proxy.address}/${path}` });
    } finally {
      await proxy.close();
    }
  });

  before(async function () {
    this.timeout(120_000);
    if (rows.some(({ engine }) => engine === 'zookeeper')) server = await startZookeeper();
    cases.begin();
  });
  after(async function () {
    this.timeout(120_000);
    await cases.stop();
    await server?.stop();
  });
  for (const row of rows) {
    it(nameOf(row), function () {
      // A case has limits of its own; this one also waits for its turn.
      this.timeout(0);
      return cases.result(row);
    });
  }
}

async function runIn(
  world: World,
  row: PointRow | DeedRow,
  engine: { readonly server?: ZookeeperServer; readonly proxy?: TcpProxy; readonly state?: string },
): Promise<void> {
  try {
    await ('deed' in row ? runDeed(world, row, engine) : runPointCase(world, row));
  } finally {
    await world.close();
  }
}
