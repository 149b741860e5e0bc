import assert from 'node:assert/strict';
import { act, endActors } from '../state/coordination/embedded/acting.js';
import { mkdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { openCoordinator } from '../../state/coordination/open.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';
import { cannotMount, onDisk } from './mounting.js';
import type { Row, Stage } from './stage.js';

/** What is used of the package's own client: it makes nodes with rights that Ensemble's client never gives. */
interface RawZookeeper {
  createClient(address: string): {
    connect(): void;
    close(): void;
    once(event: 'connected', listener: () => void): void;
    create(
      path: string,
      data: Buffer,
      acls: readonly unknown[],
      mode: number,
      done: (error: Error | null) => void,
    ): void;
  };
  readonly ACL: new (permission: number, id: unknown) => unknown;
  readonly Id: new (scheme: string, id: string) => unknown;
  readonly Permission: { readonly ADMIN: number; readonly ALL: number };
}

/** A situation on a ZooKeeper of its own, whose environment is `zk`, with a secret, at this path. */
const onZookeeper = (
  code: string,
  by: string,
  path: string,
  run: (stage: Stage, server: ZookeeperServer) => Promise<void>,
): Row => ({
  code,
  by,
  run: async (stage) => {
    const server = await startZookeeper();
    try {
      await stage.edit(
        /embedded:.*/,
        `zookeeper://${server.address}${path}\n    secret: correct horse battery`,
      );
      await run(stage, server);
    } finally {
      await server.stop();
    }
  },
});

/** What anyone creates there who has no secret. */
async function plant(server: ZookeeperServer, path: string, nodes: readonly string[]): Promise<void> {
  const coordinator = await openCoordinator(`zookeeper://${server.address}${path}`);
  for (const node of nodes) await coordinator.create(node, '{"formula":"a"}');
  await coordinator.close();
}

/** Somebody makes a node in which anyone may read, write, create and delete, but whose rights nobody may change. */
async function letAnyoneWrite(server: ZookeeperServer, path: string): Promise<void> {
  const { createClient, ACL, Id, Permission } = createRequire(import.meta.url)(
    'node-zookeeper-client',
  ) as RawZookeeper;
  const client = createClient(server.address);
  const connected = new Promise<void>((resolve) => client.once('connected', resolve));
  client.connect();
  await connected;
  const { ADMIN, ALL } = Permission;
  const acl = new ACL(ALL & ~ADMIN, new Id('world', 'anyone'));
  await new Promise<void>((resolve, reject) =>
    client.create(path, Buffer.from(''), [acl], 0, (error) => (error === null ? resolve() : reject(error))),
  );
  client.close();
}

/** Rows that wait for what takes ten seconds and more; the fault suite runs them. */
export const slowRows: readonly Row[] = [
  {
    code: 'state-locked',
    by: 'letting the process go on, as printed',
    run: async (stage) => {
      const locker = act('lock', stage.world.state);
      try {
        await locker.said('locked');
        const said = await stage.fails('ensemble bootstrap', /which is stopped, has kept it locked/);
        await stage.follow(said, /kill -CONT \d+/);
        await stage.ok('ensemble bootstrap');
      } finally {
        await endActors();
      }
    },
  },
  {
    code: 'state-locked',
    by: 'ending the process, as printed',
    run: async (stage) => {
      const locker = act('lock', stage.world.state);
      try {
        await locker.said('locked');
        const said = await stage.fails('ensemble bootstrap', /which is stopped, has kept it locked/);
        await stage.follow(said, /kill -9 \d+/);
        await stage.ok('ensemble bootstrap');
      } finally {
        await endActors();
      }
    },
  },
  onZookeeper('access-denied', 'the right secret', '/ensemble', async (stage) => {
    await stage.ok('ensemble bootstrap');
    await stage.edit('secret: correct', 'secret: wrong');
    const said = await stage.fails('ensemble status', /refuses access to/);
    stage.named(said, /check the environment’s `secret` in environments\.yaml/);
    await stage.edit('secret: wrong', 'secret: correct');
    await stage.ok('ensemble status');
  }),
  onZookeeper('coordinator-unreachable', 'a server that runs', '/ensemble', async (stage, server) => {
    await stage.ok('ensemble bootstrap');
    await server.kill();
    const said = await stage.fails('ensemble status', /cannot be reached/);
    stage.named(said, /check that it runs/);
    await server.start();
    await stage.ok('ensemble status');
  }),
  onZookeeper('path-shared', 'a path of its own', '', async (stage, server) => {
    await plant(server, '', ['/others', '/others/node']);
    const said = await stage.fails('ensemble bootstrap', /others keep/);
    const path = stage.named(said, /(?<=zookeeper:\/\/HOST:2181)\/ensemble/);
    await stage.edit(server.address, `${server.address}${path}`);
    await stage.ok('ensemble bootstrap');
  }),
  onZookeeper('state-planted', 'another path', '/ensemble', async (stage, server) => {
    await plant(server, '/ensemble', ['/services', '/services/web']);
    const said = await stage.fails('ensemble bootstrap', /what anyone may have put there: \/services\/web/);
    stage.named(said, /give the environment another path in `state`/);
    await stage.edit(`${server.address}/ensemble`, `${server.address}/another`);
    await stage.ok('ensemble bootstrap');
  }),
  onZookeeper('path-not-closed', 'a path that does not exist yet', '/ensemble', async (stage, server) => {
    await letAnyoneWrite(server, '/ensemble');
    const said = await stage.fails(
      'ensemble bootstrap',
      /anyone may write to \S+ of \S+, whatever the secret/,
    );
    stage.named(said, /choose a path in `state` that does not exist yet/);
    await stage.edit(`${server.address}/ensemble`, `${server.address}/another`);
    await stage.ok('ensemble bootstrap');
  }),
  {
    code: 'request-refused',
    by: 'what the log of the server says',
    run: async (stage) => {
      const server = await startZookeeper(['enforceQuota=true']);
      const other = await openCoordinator(`zookeeper://${server.address}`);
      try {
        await stage.edit(/embedded:.*/, `zookeeper://${server.address}/ensemble`);
        await stage.ok('ensemble bootstrap');
        await stage.world.writeFormula(1);
        const quota = '/zookeeper/quota/ensemble';
        await other.create(quota, '');
        await other.create(`${quota}/zookeeper_stats`, 'count=20,bytes=1000');
        await other.create(
          `${quota}/zookeeper_limits`,
          'count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=5',
        );
        const deploy = 'ensemble deploy -n 0 --repository world f';
        const said = await stage.fails(deploy, /refused a request for \S+ with ZooKeeper error -125/);
        stage.named(said, /look into the log of the ZooKeeper server/);
        assert.match(server.log(), /Quota exceeded: \/ensemble/);
        for (const node of ['zookeeper_limits', 'zookeeper_stats']) await other.remove(`${quota}/${node}`);
        await stage.ok(deploy);
      } finally {
        await other.close();
        await server.stop();
      }
    },
  },
  {
    code: 'storage-full',
    by: 'room, and the command again',
    needs: cannotMount,
    bare: true,
    run: async (stage) => {
      const storage = stage.world.path('storage');
      await mkdir(storage);
      await onDisk(stage, storage, 1, async () => {
        await stage.shell(`cat /dev/zero >${storage}/filler`);
        const said = await stage.fails('ensemble bootstrap', /the disk of \S+storage is full/);
        stage.named(said, /make room there, then run the command again/);
        await rm(join(storage, 'filler'));
        await stage.ok('ensemble bootstrap');
      });
    },
  },
];
