import { readFile } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { startEnsemble, type ZookeeperServer } from '../../test/servers/zookeeper.js';
import { writeFormula } from './formula.js';
import { Lab, type LabAgent } from './lab.js';
import { usage } from './process.js';
import { numbersOf, transactionsOf, untilQuiet, watchesOf } from './server-numbers.js';

/** The servers' numbers at one moment. */
export interface Snapshot {
  readonly watches: number;
  readonly sessions: number;
  readonly nodes: number;
  /** Bytes of names and values, by ZooKeeper's own reckoning. */
  readonly data: number;
  readonly transactions: number;
  /** From and to clients, of all servers. */
  readonly bytes: number;
}

/** The servers' cost of a rollout. */
export interface Rollout {
  readonly ms: number;
  readonly transactions: number;
  readonly bytes: number;
  /** Bytes of the largest answer to anybody. */
  readonly largestAnswer: number;
  /** The most watches seen meanwhile. */
  readonly watches: number;
}

/** Bytes that an agent and its share of everything else may take. */
const MEMORY_OF_AGENT = 150e6;
const MEMORY_TO_SPARE = 3e9;

/**
 * How nice agents are to the servers, which have machines of their own elsewhere: where they wait for a core behind
 * fifty agents, they take each other for lost.
 */
const BEHIND_SERVERS = 15;

/** Many agents, each a process of a machine of its own, and an ensemble of three servers. */
export class Fleet {
  readonly #agents: LabAgent[] = [];
  #revision = 1;
  #units = 0;

  private constructor(
    readonly servers: readonly ZookeeperServer[],
    readonly lab: Lab,
  ) {}

  static async open(): Promise<Fleet> {
    const servers = await startEnsemble(3);
    const hosts = servers.map(({ address }) => address).join(',');
    const lab = await Lab.open({ engine: 'zookeeper', state: `zookeeper://${hosts}/bench` });
    await writeFormula(lab.repository, 'web', 1, { files: 4, bytes: 4_000, hooked: false });
    return new Fleet(servers, lab);
  }

  /** How many agents the memory that is free now has room for, `wanted` at most. */
  static async room(wanted: number): Promise<number> {
    const free =
      1_024 * Number(/^MemAvailable:\s+(\d+)/m.exec(await readFile('/proc/meminfo', 'utf8'))?.[1] ?? 0);
    return Math.max(2, Math.min(wanted, Math.floor((free - MEMORY_TO_SPARE) / MEMORY_OF_AGENT)));
  }

  /** Grows to so many agents with so many units each. */
  async grow(agents: number, unitsOfEach: number): Promise<void> {
    while (this.#agents.length < agents) {
      const agent = await this.lab.agent(`m${String(this.#agents.length).padStart(2, '0')}`);
      setPriority(agent.pid, BEHIND_SERVERS);
      this.#agents.push(agent);
    }
    const more = String(agents * unitsOfEach - this.#units);
    if (this.#units === 0)
      await this.lab.run('deploy', '--repository', this.lab.repository, '-n', more, 'web');
    else await this.lab.run('add-unit', '-n', more, 'web');
    this.#units = agents * unitsOfEach;
    await this.#rest();
  }

  /** Resident bytes of an agent, on average. */
  async memory(): Promise<number> {
    const all = await Promise.all(this.#agents.map(({ pid }) => usage(pid)));
    return (1_024 * all.reduce((sum, { rss }) => sum + rss, 0)) / all.length;
  }

  /** Upgrades all units. @param followed by a command that waits for them, or by nobody */
  async rollOut({ followed }: { readonly followed: boolean }): Promise<Rollout> {
    this.#revision += 1;
    await writeFormula(this.lab.repository, 'web', this.#revision, { files: 4, bytes: 4_000, hooked: false });
    await Promise.all(this.servers.map((server) => server.ask('srst')));
    const before = await this.snapshot();
    let watches = before.watches;
    const looking = setInterval(() => {
      watchesOf(this.servers).then(
        (seen) => {
          watches = Math.max(watches, seen);
        },
        () => undefined,
      );
    }, 500);
    const ms = await this.lab.run(
      'upgrade-formula',
      '--strategy',
      'all',
      ...(followed ? [] : ['--no-wait']),
      'web',
    );
    await this.#rest();
    clearInterval(looking);
    const after = await this.snapshot();
    const numbers = await Promise.all(this.servers.map(numbersOf));
    if (after.transactions < before.transactions)
      throw new Error(
        'the servers elected a leader meanwhile and count anew; the machine has too much to do',
      );
    return {
      ms,
      transactions: after.transactions - before.transactions,
      bytes: after.bytes - before.bytes,
      largestAnswer: Math.max(...numbers.map((each) => each.get('max_client_response_size') ?? 0)),
      watches,
    };
  }

  async snapshot(): Promise<Snapshot> {
    const numbers = await Promise.all(this.servers.map(numbersOf));
    const all = (name: string): readonly number[] => numbers.map((each) => each.get(name) ?? 0);
    const sum = (name: string): number => all(name).reduce((total, each) => total + each, 0);
    return {
      watches: sum('watch_count'),
      // These every server has, or only the leader knows.
      sessions: Math.max(...all('global_sessions')),
      nodes: Math.max(...all('znode_count')),
      data: Math.max(...all('approximate_data_size')),
      transactions: await transactionsOf(this.servers),
      bytes: sum('bytes_received_count') + sum('response_bytes'),
    };
  }

  async close(): Promise<void> {
    await this.lab.close();
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  #rest(): Promise<void> {
    return untilQuiet(this.servers, 600_000);
  }
}
