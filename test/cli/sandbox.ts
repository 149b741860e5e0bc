import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { requester } from '../../cli/invocation/requester.js';
import { bootstrapEnvironment } from '../../control/environment/bootstrap.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { loadEnvironment, writeFirstEnvironments } from '../../state/environments/environments-file.js';
import { openStorage } from '../../state/storage/open.js';
import { ensembleProgram } from '../programs.js';

/** How one run of the CLI ended. */
export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run that is still going on. */
export interface RunningCli {
  readonly process: ChildProcess;
  /** What came on stderr until now. */
  stderr(): string;
  readonly ended: Promise<Run>;
}

/** An operator's home of its own, with a directory of formulas, and the built CLI as a child process. */
export class Sandbox {
  readonly #coordinators: Coordinator[] = [];
  readonly #running = new Set<ChildProcess>();

  private constructor(readonly directory: string) {}

  static async create(): Promise<Sandbox> {
    const directory = await mkdtemp(join(tmpdir(), 'ensemble-cli-'));
    await mkdir(join(directory, 'principia'));
    return new Sandbox(directory);
  }

  get home(): string {
    return join(this.directory, 'home');
  }

  get repository(): string {
    return join(this.directory, 'principia');
  }

  /** Starts `ensemble …args`; nothing of this process's own environment reaches it. */
  start(args: readonly string[], variables: NodeJS.ProcessEnv = {}): RunningCli {
    const child = spawn(process.execPath, [ensembleProgram, ...args], {
      cwd: this.directory,
      env: { PATH: process.env.PATH, HOME: this.directory, ENSEMBLE_HOME: this.home, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const ended = new Promise<Run>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => {
        this.#running.delete(child);
        resolve({ code, stdout, stderr });
      });
    });
    return { process: child, stderr: () => stderr, ended };
  }

  run(...args: readonly string[]): Promise<Run> {
    return this.start(args).ended;
  }

  /** Runs what must succeed. */
  async ok(...args: readonly string[]): Promise<Run> {
    const run = await this.run(...args);
    if (run.code !== 0) throw new Error(`ensemble ${args.join(' ')} exited ${run.code}:\n${run.stderr}`);
    return run;
  }

  /** What `ensemble bootstrap` does for the first environment, without a process. */
  async bootstrap(): Promise<void> {
    const variables = { ENSEMBLE_HOME: this.home };
    await writeFirstEnvironments(variables);
    const environment = await loadEnvironment(undefined, variables);
    const coordinator = await openCoordinator(environment.state);
    const storage = await openStorage(environment.storage);
    try {
      await bootstrapEnvironment({ coordinator, environment, storage: async () => storage }, () =>
        requester(Date.now()),
      );
    } finally {
      storage.close();
      await coordinator.close();
    }
  }

  /** Writes a file below the sandbox and returns its path. */
  async file(path: string, text: string, mode = 0o644): Promise<string> {
    const file = join(this.directory, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { mode });
    return file;
  }

  /** Writes a formula `name` into the repository, in the directory `name-revision`. */
  async formula(
    name: string,
    revision: number,
    {
      config = '',
      metadata = '',
      files = {},
    }: {
      readonly config?: string;
      /** More lines of metadata.yaml. */
      readonly metadata?: string;
      readonly files?: Readonly<Record<string, string>>;
    } = {},
  ): Promise<string> {
    const directory = `principia/${name}-${revision}`;
    await this.file(
      `${directory}/metadata.yaml`,
      `name: ${name}\nrevision: ${revision}\nsummary: a test\n${metadata}`,
    );
    await this.file(`${directory}/hooks/install`, '#!/bin/sh\nexit 0\n', 0o755);
    if (config !== '') await this.file(`${directory}/config.yaml`, config);
    for (const [path, text] of Object.entries(files)) {
      await this.file(`${directory}/${path}`, text, path.startsWith('hooks/') ? 0o755 : 0o644);
    }
    return join(this.directory, directory);
  }

  /** A session of the test's own on the sandbox's state. */
  async coordinator(): Promise<Coordinator> {
    const coordinator = await openCoordinator(`embedded:${this.home}/local/state`);
    this.#coordinators.push(coordinator);
    return coordinator;
  }

  async dispose(): Promise<void> {
    for (const child of this.#running) child.kill('SIGKILL');
    await Promise.all(this.#coordinators.map((coordinator) => coordinator.close()));
    await rm(this.directory, { recursive: true, force: true, maxRetries: 10 });
  }
}

/** Gives every test of the suite it is called in a sandbox that is gone afterwards. */
export function useSandbox(): { readonly box: Sandbox } {
  let box: Sandbox | undefined;
  beforeEach(async () => {
    box = await Sandbox.create();
  });
  afterEach(async () => {
    await box?.dispose();
    box = undefined;
  });
  return {
    get box() {
      if (box === undefined) throw new Error('the sandbox is there within tests only');
      return box;
    },
  };
}
