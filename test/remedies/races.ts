import { type Hold, startProxy, type TcpProxy } from '../servers/tcp-proxy.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';
import { openCoordinator } from '../../state/coordination/open.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import type { Row, Stage } from './stage.js';

/** ZooKeeper's numbers of what changes nodes (org.apache.zookeeper.ZooDefs.OpCode): create, delete, set, transaction. */
const WRITES: readonly number[] = [1, 2, 5, 14];

/** Whether a client's frame asks for a change that concerns this node. */
export function writes(frame: Buffer, path: string): boolean {
  return WRITES.includes(frame.readInt32BE(8)) && frame.includes(path);
}

/** Whether a client's frame asks for what this node holds. */
export function reads(frame: Buffer, path: string): boolean {
  return !WRITES.includes(frame.readInt32BE(8)) && frame.includes(path);
}

/** An environment on ZooKeeper whose commands and agents are overtaken by somebody else, at the moment that a test chooses. */
export interface Race {
  readonly proxy: TcpProxy;
  readonly server: ZookeeperServer;
  /** Somebody else’s connection, past the proxy. */
  readonly other: Coordinator;
  /** Has `act` done each time that a client’s frame fits, before that is passed on. @returns what ends it */
  before(fits: (frame: Buffer) => boolean, act: (frame: Buffer) => Promise<unknown>): () => void;
  hold(hold: Hold): void;
}

let shared: Promise<ZookeeperServer> | undefined;
let made = 0;

/** Ends the server that the rows of this file share. */
export async function endRaces(): Promise<void> {
  await (await shared)?.stop();
  shared = undefined;
}

/** A situation in a ZooKeeper behind a proxy; the environment is there unless `bare`. */
export const race = (
  code: string,
  by: string,
  run: (stage: Stage, race: Race) => Promise<void>,
  { bare = false }: { readonly bare?: boolean } = {},
): Row => ({
  code,
  by,
  bare: true,
  run: async (stage) => {
    shared ??= startZookeeper();
    const server = await shared;
    const proxy = await startProxy(server.port);
    // Only those connections are held that are made after this.
    proxy.hold(() => undefined);
    made += 1;
    const root = `/race-${made}`;
    const other = await openCoordinator(`zookeeper://${server.address}${root}`);
    try {
      await stage.edit(/embedded:.*/, `zookeeper://${proxy.address}${root}`);
      if (!bare) await stage.ok('ensemble bootstrap');
      const before: Race['before'] = (fits, act) => {
        let isOver = false;
        proxy.hold((frame) =>
          !isOver && frame.length > 12 && fits(frame) ? act(frame).then(() => undefined) : undefined,
        );
        return () => {
          isOver = true;
        };
      };
      await run(stage, { proxy, server, other, before, hold: (hold) => proxy.hold(hold) });
    } finally {
      await other.close();
      await proxy.close();
    }
  },
});
