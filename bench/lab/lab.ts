import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { startZookeeper, type ZookeeperServer } from '../../test/servers/zookeeper.js';

const bin = fileURLToPath(new URL('../../bin/', import.meta.url));
const ensemble = join(bin, 'ensemble.cjs');
const agent = join(bin, 'ensemble-agent.js');

/** An agent under measurement. */
export interface LabAgent {
  readonly pid: number;
  /** Ends it as an operator would; its units stay. */
  stop(): Promise<void>;
  /** Ends it as a crash would (SIGKILL). */
  kill(): Promise<void>;
}

export interface LabOptions {
  readonly engine: 'embedded' | 'zookeeper';
  /** The storage's URL; default a directory of the lab. */
  readonly storage?: string;
  /** The coordinator's URL, of a server that somebody else ends; default one of the lab's own. */
  readonly state?: string;
  /** Lines of zoo.cfg for the lab's own server. */
  readonly configuration?: readonly string[];
  /** More variables for every command and agent. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface LabAgentOptions {
  /** Options of Node, e.g. for a profile. */
  readonly node?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** The coordinator's URL where it is not the lab's, e.g. one with a counter in between. */
  readonly state?: string;
}

/** A world of its own to measure in: directory, servers, commands as they are installed; `close` leaves nothing. */
export class Lab {
  /** Each with its end, which may have come long before anybody asks for it. */
  readonly #children = new Map<ChildProcess, Promise<unknown>>();
  readonly #coordinators: Coordinator[] = [];
  readonly #storage: string;
  readonly #env: NodeJS.ProcessEnv;

  private constructor(
    readonly directory: string,
    readonly state: string,
    /** The lab's own server, where it has one. */
    readonly server: ZookeeperServer | undefined,
    storage: string,
    env: NodeJS.ProcessEnv,
  ) {
    this.#storage = storage;
    this.#env = env;
  }

  static async open({ engine, storage, state, configuration, env = {} }: LabOptions): Promise<Lab> {
    const directory = await mkdtemp(join(tmpdir(), 'lab-'));
    const server =
      engine === 'zookeeper' && state === undefined ? await startZookeeper(configuration) : undefined;
    const url =
      state ?? (server === undefined ? `embedded:${directory}/state` : `zookeeper://${server.address}/bench`);
    const lab = new Lab(directory, url, server, storage ?? `file:${directory}/storage`, env);
    await mkdir(join(directory, 'formulas'));
    await mkdir(lab.home);
    const environment = `    state: ${url}\n    storage: ${lab.#storage}\n`;
    await writeFile(
      join(lab.home, 'environments.yaml'),
      `default: bench\nenvironments:\n  bench:\n${environment}`,
    );
    await lab.run('bootstrap');
    return lab;
  }

  get home(): string {
    return join(this.directory, 'home');
  }

  get repository(): string {
    return join(this.directory, 'formulas');
  }

  get variables(): NodeJS.ProcessEnv {
    return { PATH: process.env.PATH, HOME: this.directory, ENSEMBLE_HOME: this.home, ...this.#env };
  }

  /** The words of an `ensemble` command, for whoever starts it. */
  command(...args: readonly string[]): readonly [string, ...string[]] {
    return [process.execPath, ensemble, ...args];
  }

  /** Runs an `ensemble` command that must succeed, and tells how many milliseconds it took. */
  async run(...args: readonly string[]): Promise<number> {
    const begun = performance.now();
    const [program, ...words] = this.command(...args);
    const child = spawn(program, words, { env: this.variables, stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2_000);
    });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) throw new Error(`ensemble ${args.join(' ')} exited ${code}:\n${said}`);
    return performance.now() - begun;
  }

  /** Where the agent of `machine` keeps its units. */
  dataDirectory(machine = 'm0'): string {
    return join(this.directory, 'machines', machine);
  }

  /** Starts the agent of `machine` and waits until it is registered. */
  async agent(machine = 'm0', { node = [], env = {}, state }: LabAgentOptions = {}): Promise<LabAgent> {
    const where = ['--machine', machine, '--data-dir', this.dataDirectory(machine)];
    const other = state === undefined ? [] : ['--state', state, '--storage', this.#storage];
    const words = ['--pdeathsig', 'KILL', process.execPath, ...node, agent, ...where, ...other];
    const child = spawn('setpriv', words, {
      env: { ...this.variables, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // Not until its output is closed: what a hook of it left running may have that open.
    const ended = once(child, 'exit');
    this.#children.set(child, ended);
    let log = '';
    const up = new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        log = (log + chunk.toString()).slice(-4_000);
        if (log.includes(' is up')) resolve();
      });
    });
    await Promise.race([up, ended.then(() => Promise.reject(new Error(`the agent ended:\n${log}`)))]);
    const end = async (signal: NodeJS.Signals): Promise<void> => {
      child.kill(signal);
      await ended;
      child.stdout.destroy();
      this.#children.delete(child);
    };
    return { pid: child.pid ?? 0, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
  }

  async coordinator(): Promise<Coordinator> {
    const coordinator = await openCoordinator(this.state);
    this.#coordinators.push(coordinator);
    return coordinator;
  }

  async close(): Promise<void> {
    for (const [child, ended] of this.#children) {
      child.kill('SIGKILL');
      await ended;
      child.stdout?.destroy();
    }
    this.#children.clear();
    await Promise.all(this.#coordinators.map((coordinator) => coordinator.close()));
    await this.server?.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}
