import { eventually } from '../../test/eventually.js';
import type { ZookeeperServer } from '../../test/servers/zookeeper.js';

/** Numbers of ZooKeeper's `mntr`, by name without `zk_`. */
export async function numbersOf(server: ZookeeperServer): Promise<ReadonlyMap<string, number>> {
  const lines = (await server.ask('mntr')).split('\n').map((line) => line.split('\t'));
  return new Map(lines.map(([name = '', value]) => [name.replace('zk_', ''), Number(value)]));
}

/** Watches that the servers hold for all of their clients, of data and of children. */
export async function watchesOf(servers: readonly ZookeeperServer[]): Promise<number> {
  // Not `wchs`, which counts watches of data only: an idle unit has one of its children.
  const numbers = await Promise.all(servers.map(numbersOf));
  return numbers.reduce((sum, each) => sum + (each.get('watch_count') ?? 0), 0);
}

/** Waits until the servers hold at least one watch for each of so many units. */
export async function untilWatched(servers: readonly ZookeeperServer[], units: number): Promise<void> {
  await eventually(async () => {
    const watches = await watchesOf(servers);
    if (watches < units) throw new Error(`${watches} watches of ${units} units`);
  }, 120_000);
}
