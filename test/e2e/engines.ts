import { type Swift, startSwift } from '../servers/swift.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';
import { withAwsEnvironment } from '../state/storage/aws-environment.js';

/** A pair of a coordinator and a storage that environments are made of. */
export interface Engines {
  readonly name: string;
  start(): Promise<void>;
  /** What a new environment of its own has; an empty object for what needs no server. */
  environment(): { readonly state?: string; readonly storage?: string; readonly secret?: string };
  stop(): Promise<void>;
}

export const embedded: Engines = {
  name: 'the embedded engine and a directory',
  start: async () => undefined,
  environment: () => ({}),
  stop: async () => undefined,
};

/** A real ZooKeeper, for what does not depend on where formulas are stored. */
export function zookeeper(): Engines {
  let server: ZookeeperServer | undefined;
  let environments = 0;
  return {
    name: 'ZooKeeper and a directory',
    async start() {
      server = await startZookeeper();
    },
    environment() {
      if (server === undefined) throw new Error('the server is not started');
      environments += 1;
      return { state: `zookeeper://${server.address}/e${environments}` };
    },
    async stop() {
      await server?.stop();
    },
  };
}

/** Real servers, and an environment with a secret. */
export function servers(): Engines {
  let zookeeper: ZookeeperServer | undefined;
  let swift: Swift | undefined;
  let putBack = (): void => undefined;
  let environments = 0;
  return {
    name: 'ZooKeeper and Swift',
    async start() {
      [zookeeper, swift] = await Promise.all([startZookeeper(), startSwift()]);
      putBack = withAwsEnvironment(swift);
      await swift.createBucket('formulas');
    },
    environment() {
      if (zookeeper === undefined || swift === undefined) throw new Error('the servers are not started');
      environments += 1;
      return {
        state: `zookeeper://${zookeeper.address}/e${environments}`,
        storage: swift.url('formulas', `e${environments}`),
        secret: 'open sesame, please',
      };
    },
    async stop() {
      putBack();
      await Promise.all([zookeeper?.stop(), swift?.stop()]);
    },
  };
}
