import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { eventually } from '../../test/eventually.js';
import { startZookeeper, type ZookeeperServer } from '../../test/servers/zookeeper.js';

const bin = fileURLToPath(new URL('../../bin/', import.meta.url));
const ensemble = join(bin, 'ensemble.js');
const agent = join(bin, 'ensemble-agent.js');

/** An agent under measurement. */
export interface LabAgent {
  readonly pid: number;
  /** Ends it as an operator would; its units stay. */
  stop(): Promise<void>;
}

export interface LabOptions {
  readonly engine: 'embedded' | 'zookeeper';
  /** The storage's URL; default a directory of the lab. */
  readonly storage?: string;
  /** The coordinator's URL, of a server that somebody else ends; default one of the lab's own. */
  readonly state?: string;
}

/** A world of its own to measure in: directory, servers, commands as they are installed; `close` leaves nothing. */
export class Lab {
  readonly #children = new Set<ChildProcess>();
  readonly #coordinators: Coordinator[] = [];

  private constructor(
    readonly directory: string,
    readonly state: string,
    /** The lab's own server, where it has one. */
    readonly server: ZookeeperServer | undefined,
  ) {}

  static async open({ engine, storage, state }: LabOptions): Promise<Lab> {
    const directory = await mkdtemp(join(tmpdir(), 'ensemble-bench-'));
    const server = engine === 'zookeeper' && state === undefined ? await startZookeeper() : undefined;
    const url =
      state ?? (server === undefined ? `embedded:${directory}/state` : `zookeeper://${server.address}/bench`);
    const lab = new Lab(directory, url, server);
    await mkdir(join(directory, 'formulas'));
    await mkdir(lab.home);
    const environment = `    state: ${url}\n    storage: ${storage ?? `file:${directory}/storage`}\n`;
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
    return { PATH: process.env.PATH, HOME: this.directory, ENSEMBLE_HOME: this.home };
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

  /** Starts the agent of `machine` and waits until it is registered. `node` are options of Node, e.g. for a profile. */
  async agent(
    machine = 'm0',
    { node = [] as readonly string[], options = [] as readonly string[] } = {},
  ): Promise<LabAgent> {
    const words = ['--pdeathsig', 'KILL', process.execPath, ...node, agent, '--machine', machine];
    const child = spawn('setpriv', [...words, ...options], {
      env: this.variables,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#children.add(child);
    const ended = once(child, 'close');
    let log = '';
    const up = new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Buffer) => {
        log = (log + chunk.toString()).slice(-4_000);
        if (log.includes(' is up')) resolve();
      });
    });
    await Promise.race([up, ended.then(() => Promise.reject(new Error(`the agent ended:\n${log}`)))]);
    const pid = child.pid ?? 0;
    return {
      pid,
      stop: async () => {
        child.kill('SIGTERM');
        await ended;
        this.#children.delete(child);
      },
    };
  }

  async coordinator(): Promise<Coordinator> {
    const coordinator = await openCoordinator(this.state);
    this.#coordinators.push(coordinator);
    return coordinator;
  }

  async close(): Promise<void> {
    for (const child of this.#children) {
      const ended = once(child, 'close');
      child.kill('SIGKILL');
      await ended;
    }
    await Promise.all(this.#coordinators.map((coordinator) => coordinator.close()));
    await this.server?.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** Resident kilobytes and CPU milliseconds of a process so far. */
export async function usage(pid: number): Promise<{ readonly rss: number; readonly cpu: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
  // Fields 14 and 15 of proc(5), in ticks of 10 ms.
  return {
    rss: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0),
    cpu: 10 * (Number(fields[11]) + Number(fields[12])),
  };
}

/** Resolves when a process has used no CPU for a while: what it had to do is done. */
export async function idle(pid: number): Promise<void> {
  let before = -1;
  await eventually(async () => {
    const { cpu } = await usage(pid);
    const quiet = cpu - before <= 10;
    before = cpu;
    await new Promise((resolve) => setTimeout(resolve, 500));
    if (!quiet) throw new Error(`process ${pid} does not come to rest`);
  }, 60_000);
}

/** Runs a command that must succeed, to its end, and tells how many milliseconds it took. */
export function timed(
  words: readonly [string, ...string[]],
  options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): number {
  const [program, ...args] = words;
  const begun = performance.now();
  const { status, stderr, error } = spawnSync(program, args, {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ms = performance.now() - begun;
  if (status !== 0) throw new Error(`${words.join(' ')}: ${error?.message ?? stderr.toString()}`);
  return ms;
}
