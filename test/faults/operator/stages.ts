import { startZookeeper, type ZookeeperServer } from '../../servers/zookeeper.js';
import type { Stage } from './play.js';

const machines = ['m0', 'm1'];

/** Two machines on the embedded engine. */
export const embedded: Stage = { machines, state: () => undefined };

/** Three machines on a real ZooKeeper, which is left to the caller to stop. */
export async function onZookeeper(): Promise<{ readonly stage: Stage; readonly server: ZookeeperServer }> {
  const server = await startZookeeper();
  let plays = 0;
  const state = (): string => {
    plays += 1;
    return `zookeeper://${server.address}/operator${plays}`;
  };
  return { stage: { machines: [...machines, 'm2'], state }, server };
}
