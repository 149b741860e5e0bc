import { World } from '../agent/world.js';
import { startProxy } from '../servers/tcp-proxy.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';
import { type DeedRow, type Engine, runDeed } from './deed.js';
import { runPointCase } from './point-case.js';
import { pool } from './pool.js';
import { nameOf, type PointRow } from './row.js';
import { type S3Server, startS3 } from './s3-storage.js';

/** Cases that run beside each other. */
const WIDTH = Number(process.env.FAULT_WIDTH ?? 4);

type AnyRow = PointRow | DeedRow;

const isOnS3 = (row: AnyRow): boolean => 'storage' in row && row.storage === 's3';
const hasOwnServer = (row: AnyRow): boolean => 'ownServer' in row && row.ownServer === true;

/** One test per row. The servers are started where a row needs them; each case has a root of its own there. */
export function describeRows(rows: readonly AnyRow[]): void {
  let server: ZookeeperServer | undefined;
  let s3: S3Server | undefined;
  let roots = 0;

  const cases = pool(rows, WIDTH, async (row) => {
    if (s3 !== undefined && isOnS3(row)) return runOnS3(s3, row);
    if (row.engine === 'embedded' || server === undefined) return runIn(await World.open(), row, {});
    roots += 1;
    if (!hasOwnServer(row)) return runOnZookeeper(server, `case${roots}`, row);
    const own = await startZookeeper();
    try {
      await runOnZookeeper(own, 'case', row);
    } finally {
      await own.stop();
    }
  });

  before(async function () {
    this.timeout(120_000);
    if (rows.some(({ engine }) => engine === 'zookeeper')) server = await startZookeeper();
    if (rows.some(isOnS3)) s3 = await startS3();
    cases.begin();
  });
  after(async function () {
    this.timeout(120_000);
    await cases.stop();
    await server?.stop();
    await s3?.stop();
  });
  for (const row of rows) {
    it(nameOf(row), function () {
      // A case has limits of its own; this one also waits for its turn.
      this.timeout(0);
      return cases.result(row);
    });
  }
}

async function runOnZookeeper(server: ZookeeperServer, path: string, row: AnyRow): Promise<void> {
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
}

async function runOnS3(s3: S3Server, row: AnyRow): Promise<void> {
  const storage = await s3.scene();
  try {
    await runIn(await World.open({ storage: storage.direct }), row, { storage });
  } finally {
    await storage.proxy.close();
  }
}

async function runIn(world: World, row: AnyRow, engine: Engine): Promise<void> {
  try {
    await ('deed' in row ? runDeed(world, row, engine) : runPointCase(world, row));
  } finally {
    await world.close();
  }
}
