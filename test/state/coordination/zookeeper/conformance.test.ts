import { conformance, type Tree } from '../../../conformance/coordinator.js';
import { SHORTEST_SESSION, startZookeeper, type ZookeeperServer } from '../../../servers/zookeeper.js';
import { endSession } from './end-session.js';

describe('the ZooKeeper engine', function () {
  this.timeout(120_000);
  let server: ZookeeperServer;
  let planted = 0;
  before(async () => {
    server = await startZookeeper();
  });
  after(() => server.stop());

  const plant = (options: Tree['options']) => async (): Promise<Tree> => {
    const { address, port } = server;
    planted += 1;
    return {
      url: `zookeeper://${address}/test/conformance-${planted}`,
      options: { ...options },
      sessionTimeout: SHORTEST_SESSION,
      expire: (coordinator) => endSession(coordinator, port),
      dispose: async () => {},
    };
  };

  conformance('ZooKeeper', plant({}));
  conformance('ZooKeeper with a secret', plant({ secret: 'open sesame' }));
});
