import { act, endActors } from '../state/coordination/embedded/acting.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';
import type { Row, Stage } from './stage.js';

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
];
