import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../test/eventually.js';
import type { ZookeeperServer } from '../../test/servers/zookeeper.js';

/** A server's words about itself, as soon as it serves: one that lost the others for a moment says nothing else. */
async function told(server: ZookeeperServer, word: 'mntr' | 'srvr'): Promise<string> {
  let answer = '';
  await eventually(async () => {
    answer = await server.ask(word);
    if (!/version/i.test(answer)) throw new Error(`a server does not answer ${word}: ${answer}`);
  }, 60_000);
  return answer;
}

/** Numbers of ZooKeeper's `mntr`, by name without `zk_`. */
export async function numbersOf(server: ZookeeperServer): Promise<ReadonlyMap<string, number>> {
  const lines = (await told(server, 'mntr')).split('\n').map((line) => line.split('\t'));
  return new Map(lines.map(([name = '', value]) => [name.replace('zk_', ''), Number(value)]));
}

/** Watches that the servers hold for all of their clients, of data and of children. */
export async function watchesOf(servers: readonly ZookeeperServer[]): Promise<number> {
  // Not `wchs`, which counts watches of data only.
  const numbers = await Promise.all(servers.map(numbersOf));
  return numbers.reduce((sum, each) => sum + (each.get('watch_count') ?? 0), 0);
}

/** Transactions that the servers have agreed on so far; creating and closing a session is one, too. */
export async function transactionsOf(servers: readonly ZookeeperServer[]): Promise<number> {
  const answers = await Promise.all(servers.map((server) => told(server, 'srvr')));
  // The upper half of a zxid counts leaders.
  const zxids = answers.map((answer) => BigInt(/^Zxid: (0x[0-9a-f]+)/m.exec(answer)?.[1] ?? 0) & 0xffffffffn);
  return Math.max(...zxids.map(Number));
}

/** Waits until they have agreed on nothing new for a while. */
export async function untilQuiet(servers: readonly ZookeeperServer[], within: number): Promise<void> {
  let before = -1;
  await eventually(async () => {
    const now = await transactionsOf(servers);
    const quiet = now - before <= 1;
    before = now;
    if (quiet) return;
    await pause(2_000);
    throw new Error('the servers do not come to rest');
  }, within);
}

/**
 * Waits until the servers hold a standing watch for each of so many units, which they count twice: of data and of
 * children.
 */
export async function untilWatched(servers: readonly ZookeeperServer[], units: number): Promise<void> {
  await eventually(async () => {
    const watches = await watchesOf(servers);
    if (watches < 2 * units) throw new Error(`${watches} watches of ${units} units`);
  }, 120_000);
}
