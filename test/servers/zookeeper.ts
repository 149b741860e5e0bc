import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { eventually } from '../eventually.js';
import { type Child, startChild } from './child.js';
import { freePorts } from './free-ports.js';

const JAR = '/usr/share/java/zookeeper.jar';
/** Has it log, to its output: without this it keeps what it has to say to itself. */
const LOGGER = '/usr/share/java/slf4j-simple.jar';
/** Milliseconds of a tick; sessions last from 2 to 20 of them. */
const TICK = 500;

/** The shortest and the longest session a server of these grants, in milliseconds. */
export const SHORTEST_SESSION = 2 * TICK;
export const LONGEST_SESSION = 20 * TICK;

/** One real ZooKeeper server, at 127.0.0.1, in a temporary directory. */
export class ZookeeperServer {
  #child: Child | undefined;
  readonly #configuration: readonly string[];

  /** @param configuration lines of zoo.cfg beyond the ones every server here has */
  constructor(
    readonly port: number,
    readonly directory: string,
    configuration: readonly string[] = [],
  ) {
    this.#configuration = configuration;
  }

  /** `host:port`, as URLs take it. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Starts it, also again after `kill()`: it keeps its data. `answers` waits until it serves clients. */
  async start({ answers = true } = {}): Promise<void> {
    const file = join(this.directory, 'zoo.cfg');
    const lines = [
      `tickTime=${TICK}`,
      `dataDir=${this.directory}`,
      `clientPort=${this.port}`,
      'clientPortAddress=127.0.0.1',
      'admin.enableServer=false',
      'maxClientCnxns=0',
      '4lw.commands.whitelist=*',
      ...this.#configuration,
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    const options = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dzookeeper.forceSync=no'];
    const main = 'org.apache.zookeeper.server.quorum.QuorumPeerMain';
    this.#child = startChild('java', [...options, '-cp', `${JAR}:${LOGGER}`, main, file]);
    if (answers) await this.answers();
  }

  /** Resolves when the server serves clients, which one of an ensemble does when there is a leader. */
  async answers(): Promise<void> {
    await eventually(async () => {
      this.#child?.throwIfEnded();
      const answer = await this.ask('srvr');
      if (!answer.includes('Mode:')) throw new Error(`the ZooKeeper server says: ${answer}`);
    }, 120_000);
  }

  /** The answer to one of ZooKeeper's four-letter words. */
  async ask(word: string): Promise<string> {
    const socket = connect(this.port, '127.0.0.1');
    socket.setTimeout(2_000, () => socket.destroy(new Error('no answer')));
    socket.end(word);
    return text(socket);
  }

  /** The last of what it logged. */
  log(): string {
    return this.#child?.output() ?? '';
  }

  /** True for the leader of an ensemble. */
  async leads(): Promise<boolean> {
    return (await this.ask('srvr')).includes('Mode: leader');
  }

  /** Makes it mute, with its connections open. */
  pause(): void {
    this.#child?.signal('SIGSTOP');
  }

  resume(): void {
    this.#child?.signal('SIGCONT');
  }

  /** `kill -9`, paused or not. */
  async kill(): Promise<void> {
    await this.#child?.stop();
  }

  /** Copies its data, while it is down. */
  async saveData(to: string): Promise<void> {
    for (const name of await this.#dataNames(this.directory))
      await cp(join(this.directory, name), join(to, name), { recursive: true });
  }

  /** Has it begin, when it is started next, with what was saved there; without anything where nothing is named. */
  async setBack(from?: string): Promise<void> {
    for (const name of await this.#dataNames(this.directory))
      await rm(join(this.directory, name), { recursive: true });
    if (from === undefined) return;
    for (const name of await this.#dataNames(from))
      await cp(join(from, name), join(this.directory, name), { recursive: true });
  }

  async #dataNames(directory: string): Promise<readonly string[]> {
    return (await readdir(directory)).filter((name) => name.startsWith('version'));
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true, maxRetries: 10 });
  }
}

const temporary = (): Promise<string> => mkdtemp(join(tmpdir(), 'ensemble-zookeeper-'));

/** Starts one server on its own; `configuration` adds lines to zoo.cfg. */
export async function startZookeeper(configuration: readonly string[] = []): Promise<ZookeeperServer> {
  const [port] = await freePorts(1);
  const server = new ZookeeperServer(port, await temporary(), configuration);
  await server.start();
  return server;
}

/** Starts `size` servers that replicate; resolves when all of them serve clients. */
export async function startEnsemble(size: number): Promise<readonly ZookeeperServer[]> {
  const ports: readonly number[] = await freePorts(3 * size);
  const ids = Array.from({ length: size }, (_, at) => at);
  const members = ids.map((at) => `server.${at + 1}=127.0.0.1:${ports[size + at]}:${ports[2 * size + at]}`);
  const configuration = ['initLimit=10', 'syncLimit=5', ...members];
  const servers = await Promise.all(
    ids.map(async (at) => {
      const directory = await temporary();
      await writeFile(join(directory, 'myid'), `${at + 1}\n`);
      return new ZookeeperServer(ports[at] ?? 0, directory, configuration);
    }),
  );
  await Promise.all(servers.map((server) => server.start()));
  return servers;
}
