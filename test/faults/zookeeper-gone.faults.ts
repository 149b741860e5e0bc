import { setTimeout as pause } from 'node:timers/promises';
import { startEnsemble, type ZookeeperServer } from '../servers/zookeeper.js';
import { Walk } from '../walk/walk.js';

describe('out of the trouble with ZooKeeper, of which all servers are gone for a minute, by what is printed', function () {
  this.timeout(180_000);
  let servers: readonly ZookeeperServer[] = [];
  before(async () => {
    servers = await startEnsemble(3);
  });
  after(() => Promise.all(servers.map((server) => server.stop())));

  it('a command that follows says so, waits, and comes to its end', async () => {
    const hosts = servers.map(({ address }) => address).join(',');
    const walk = await Walk.open({ state: `zookeeper://${hosts}/gone` });
    try {
      await walk.world.agentProcess();
      await walk.running(2);
      await walk.formula(2, { hooks: { 'upgrade-formula': 'gate open' } });
      await walk.begins('ensemble upgrade-formula f');
      await walk.sees(/upgrading, hook/);
      await Promise.all(servers.map((server) => server.kill()));
      await walk.sees(/does not answer since/);
      await walk.world.openGate('open');
      // Longer than any session lasts, and than any command waits at its start.
      await pause(60_000);
      await Promise.all(servers.map((server) => server.start()));
      await walk.ends();
      await walk.untilFine(['f/0', 'f/1'], 'world:f-2');
    } finally {
      await walk.close();
    }
  });
});
