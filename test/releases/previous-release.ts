import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  closeSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseReleases, type Release } from '../../build/releases.js';
import { projectDirectory, textOf } from '../docs/project.js';
import { agentProgram, ensembleProgram, migrateProgram } from '../programs.js';

/** The programs of one release, for Node to run. */
export interface Programs {
  readonly ensemble: string;
  readonly agent: string;
}

/** This release's. */
export const present: Programs = { ensemble: ensembleProgram, agent: agentProgram };

/** The last release that `releases.json` names and this is not; undefined where the clone's history does not have it. */
export function previousRelease(): Release | undefined {
  const release = parseReleases(textOf('releases.json')).at(-1);
  if (release === undefined) return undefined;
  try {
    execFileSync('git', ['cat-file', '-e', `${release.commit}^{commit}`], {
      cwd: projectDirectory,
      stdio: 'ignore',
    });
    return release;
  } catch {
    return undefined;
  }
}

/**
 * Builds a release from its commit, in a directory of its own: with the packages that its lock names, or those that are here
 * where no registry can be asked.
 */
export function buildRelease({ commit }: Release, directory: string): Programs {
  mkdirSync(directory);
  execFileSync('sh', ['-c', `git archive ${commit} | tar -x -C '${directory}'`], { cwd: projectDirectory });
  const npm = (...words: readonly string[]): void => {
    execFileSync('npm', words, { cwd: directory, stdio: 'ignore', timeout: 180_000 });
  };
  try {
    npm('ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund');
  } catch {
    rmSync(join(directory, 'node_modules'), { recursive: true, force: true });
    symlinkSync(join(projectDirectory, 'node_modules'), join(directory, 'node_modules'));
  }
  npm('run', 'build');
  return {
    ensemble: join(directory, 'dist/bin/ensemble.cjs'),
    agent: join(directory, 'dist/bin/ensemble-agent.js'),
  };
}

/** An environment with one machine, on which programs of several releases take turns. */
export class Site {
  readonly root = mkdtempSync(join(tmpdir(), 'ensemble-releases-'));
  readonly home = join(this.root, 'home');
  readonly data = join(this.home, 'site', 'machines', 'm0');
  readonly #agents = new Set<ChildProcess>();

  constructor(state: string) {
    mkdirSync(this.home);
    writeFileSync(
      join(this.home, 'environments.yaml'),
      `default: site\nenvironments:\n  site:\n    state: ${state}\n    storage: file:./storage\n`,
      { mode: 0o600 },
    );
  }

  /** Writes a revision of the formula `app`: each of its hooks notes itself, and `config-changed` may take its time. */
  formula(revision: number): void {
    const note = (hook: string, more = ''): void =>
      this.#write(
        `principia/app-${revision}/hooks/${hook}`,
        `#!/bin/sh\necho "$ENSEMBLE_UNIT_NAME ${hook} ${revision}" >>'${this.root}/trace'\n${more}exit 0\n`,
        0o755,
      );
    this.#write(
      `principia/app-${revision}/metadata.yaml`,
      `name: app\nrevision: ${revision}\nsummary: a test\npeers: {ring: ring}\n`,
    );
    this.#write(
      `principia/app-${revision}/config.yaml`,
      'options:\n  long: {type: string, default: "", description: waits}\n',
    );
    const waits = `if [ -n "$(config-get long)" ]; then while [ ! -e '${this.root}/go' ]; do sleep 0.1; done; fi\n`;
    note('install');
    note('start');
    note('stop');
    note('config-changed', waits);
    note('upgrade-formula');
  }

  #write(path: string, text: string, mode = 0o644): void {
    const file = join(this.root, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, text, { mode });
  }

  /** Lets hooks that wait come to their end. */
  letGo(): void {
    writeFileSync(join(this.root, 'go'), '');
  }

  /** What the hooks noted. */
  trace(): readonly string[] {
    const file = join(this.root, 'trace');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  /** Runs a command, which must succeed. */
  run({ ensemble }: Programs, ...words: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [ensemble, ...words], { env: this.#variables() }, (error, stdout, stderr) =>
        error === null ? resolve(stdout) : reject(new Error(`ensemble ${words.join(' ')}: ${stderr}`)),
      );
    });
  }

  /**
   * Runs a command of this release with a fault, such as `upgrade-environment.batch.after=kill:2`.
   * @returns whether it was killed; a fault that it does not come to leaves it alone
   */
  dies(fault: string, ...words: readonly string[]): Promise<boolean> {
    const faults = mkdtempSync(join(this.root, 'faults-'));
    const env = { ...this.#variables(), ENSEMBLE_ALLOW_FAULTS: faults, ENSEMBLE_FAULTS: fault };
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [present.ensemble, ...words], { env }, (error, _stdout, stderr) => {
        if (error === null) resolve(false);
        else if (error.signal === 'SIGKILL') resolve(true);
        else reject(new Error(`ensemble ${words.join(' ')}: ${stderr}`));
      });
    });
  }

  /** Runs this release's `ensemble-migrate`, which must succeed. */
  migrate(...words: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [migrateProgram, ...words], { env: this.#variables() }, (error, stdout) =>
        error === null
          ? resolve(stdout)
          : reject(new Error(`ensemble-migrate ${words.join(' ')}: ${stdout}`)),
      );
    });
  }

  /** The status document. */
  async status(programs: Programs): Promise<Status> {
    return JSON.parse(await this.run(programs, 'status', '--format', 'json'));
  }

  /** Starts a machine's agent. */
  agent({ agent }: Programs, machine = 'm0'): ChildProcess {
    const log = openSync(join(this.root, 'agent.log'), 'a');
    const child = spawn(process.execPath, [agent, '--machine', machine], {
      env: this.#variables(),
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#agents.add(child);
    return child;
  }

  /** Starts the machine's agent, which must refuse to. @returns what it says */
  refused({ agent }: Programs): Promise<string> {
    return new Promise((resolve, reject) => {
      const words = [agent, '--machine', 'm0'];
      execFile(
        process.execPath,
        words,
        { env: this.#variables(), timeout: 20_000 },
        (error, _stdout, stderr) =>
          error?.code === 1 ? resolve(stderr) : reject(new Error(`the agent does not refuse: ${stderr}`)),
      );
    });
  }

  /** Ends an agent, and waits for that. */
  async end(agent: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    const ended = new Promise((resolve) => agent.once('exit', resolve));
    agent.kill(signal);
    await ended;
    this.#agents.delete(agent);
  }

  async close(): Promise<void> {
    this.letGo();
    await Promise.all([...this.#agents].map((agent) => this.end(agent, 'SIGKILL')));
    // Hooks that go on may still write there.
    await rm(this.root, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }

  #variables(): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      HOME: this.root,
      ENSEMBLE_HOME: this.home,
      ENSEMBLE_REPOSITORY: join(this.root, 'principia'),
    };
  }
}

/** What of it is looked at here. */
export interface Status {
  readonly machines: Readonly<
    Record<string, { readonly agent?: string; readonly version?: string; readonly state?: string }>
  >;
  readonly services: Readonly<
    Record<
      string,
      {
        readonly formula: string;
        readonly units: Readonly<Record<string, { readonly state: string; readonly formula: string }>>;
      }
    >
  >;
}
