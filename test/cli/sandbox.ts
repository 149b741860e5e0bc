import type { ChildProcess } from 'node:child_process';
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
import { runCommand } from '../command-in-process.js';
import { type CommandEnd, type CommandProcess, type Surroundings, startCommand } from '../command-process.js';

export interface SandboxOptions {
  /** Has each command be a process, for tests of what is between processes. */
  readonly asProcesses?: boolean;
}

/** How one run of the CLI ended. */
export type Run = CommandEnd;

/** An operator's home of its own, with a directory of formulas, and the CLI. */
export class Sandbox {
  readonly #coordinators: Coordinator[] = [];
  readonly #running = new Set<ChildProcess>();

  readonly #asProcesses: boolean;

  private constructor(
    readonly directory: string,
    asProcesses: boolean,
  ) {
    this.#asProcesses = asProcesses;
  }

  static async create({ asProcesses = false }: SandboxOptions = {}): Promise<Sandbox> {
    const directory = await mkdtemp(join(tmpdir(), 'ensemble-cli-'));
    await mkdir(join(directory, 'principia'));
    return new Sandbox(directory, asProcesses);
  }

  get home(): string {
    return join(this.directory, 'home');
  }

  get repository(): string {
    return join(this.directory, 'principia');
  }

  /** Starts `ensemble …args` as a process; nothing of this process's own environment reaches it. */
  start(args: readonly string[], variables: NodeJS.ProcessEnv = {}): CommandProcess {
    const { directory, variables: own } = this.#around;
    const running = startCommand(ensembleProgram, args, { directory, variables: { ...own, ...variables } });
    const child = running.process;
    this.#running.add(child);
    child.once('close', () => this.#running.delete(child));
    return running;
  }

  /** Runs `ensemble …args`, within this process where nothing speaks against it. */
  run(...args: readonly string[]): Promise<Run> {
    return this.#asProcesses ? this.start(args).ended : runCommand(args, this.#around);
  }

  get #around(): Surroundings {
    const variables = { PATH: process.env.PATH, HOME: this.directory, ENSEMBLE_HOME: this.home };
    return { directory: this.directory, variables };
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
export function useSandbox(options: SandboxOptions = {}): { readonly box: Sandbox } {
  let box: Sandbox | undefined;
  beforeEach(async () => {
    box = await Sandbox.create(options);
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
