import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AgentOptions } from '../../agent/options.js';
import type { CommandEnd } from '../agent/operator.js';
import { type FormulaOptions, World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { agentProgram, ensembleProgram } from '../programs.js';

/** A situation that an error tells of, and how its remedy is tried. */
export interface Row {
  /** The error's code. */
  readonly code: string;
  /** The remedy, where the code alone does not say it. */
  readonly by: string;
  /** Brings the situation about, does what is printed, and asserts that it is over. */
  readonly run: (stage: Stage) => Promise<void>;
  /** An environment that is not bootstrapped yet. */
  readonly bare?: boolean;
  /** Why it cannot be tried here, where it cannot: it takes root, say. */
  readonly needs?: () => string | undefined;
}

/** What is put in the place of the words in capitals that a command is printed with. */
export type Names = Readonly<Record<string, string>>;

/** An agent that a printed command started. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  /** What it said until now, on both outputs. */
  said(): string;
}

/** What an environment is made of, where that matters. */
export interface StageOptions {
  readonly state?: string;
  readonly storage?: string;
  /** More of what a shell finds set. */
  readonly variables?: Readonly<Record<string, string>>;
  /** False leaves it to `ensemble bootstrap`. */
  readonly bootstrapped?: boolean;
}

/** An environment in which printed commands are run as they stand, by a shell, as operators paste them. */
export class Stage {
  readonly #running: ChildProcess[] = [];
  readonly #more: Readonly<Record<string, string>>;

  private constructor(
    readonly world: World,
    more: Readonly<Record<string, string>>,
  ) {
    this.#more = more;
  }

  static async open({ variables = {}, ...options }: StageOptions = {}): Promise<Stage> {
    const world = await World.open(options);
    await mkdir(world.path('bin'));
    for (const [name, program] of [
      ['ensemble', ensembleProgram],
      ['ensemble-agent', agentProgram],
    ] as const)
      await writeFile(world.path('bin', name), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
        mode: 0o755,
      });
    return new Stage(world, variables);
  }

  /** What a shell of an operator finds set. */
  get variables(): Readonly<Record<string, string>> {
    const { root } = this.world;
    const path = `${this.world.path('bin')}:${process.env.PATH}`;
    return { PATH: path, HOME: root, ENSEMBLE_HOME: root, ...this.#more };
  }

  /** Runs a line as it is typed. */
  shell(line: string): Promise<CommandEnd> {
    const child = this.#spawn(line);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    return new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve({ code, stdout, stderr }));
    });
  }

  /** Runs what must succeed. @returns what it printed, on both outputs */
  async ok(line: string): Promise<string> {
    const { code, stdout, stderr } = await this.shell(line);
    assert.equal(code, 0, `${line}: ${stdout}${stderr}`);
    return stdout + stderr;
  }

  /** Runs what must fail so. @returns what it said and advised */
  async fails(line: string, said: RegExp): Promise<string> {
    const { code, stdout, stderr } = await this.shell(line);
    assert.ok(
      code !== null && [1, 2, 3, 78].includes(code),
      `${line} ended with ${code}: ${stdout}${stderr}`,
    );
    assert.match(stdout + stderr, said);
    return stdout + stderr;
  }

  /** The command in a text, as it is printed but for the words in capitals. */
  named(text: string, command: RegExp, names: Names = {}): string {
    // What an error says is no advice.
    const [, advice = text] = /\n {2}(?:try|next): (.*)/s.exec(text) ?? [];
    const [words] = command.exec(advice) ?? [];
    assert.ok(words, `"${advice}" names ${command}`);
    return Object.entries(names).reduce((line, [word, value]) => line.replaceAll(word, value), words);
  }

  /** Runs the command that a text names. */
  async follow(text: string, command: RegExp, names: Names = {}): Promise<string> {
    return this.ok(this.named(text, command, names));
  }

  /** Starts the agent that a text names, and waits until it is up. */
  async start(text: string, command: RegExp, names: Names = {}): Promise<Started> {
    const line = this.named(text, command, names);
    const child = this.#spawn(`exec ${line}`);
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
    await eventually(() => assert.match(said, / is up/, `${line}: ${said}`));
    return { child, ended, said: () => said };
  }

  /** Publishes `f` and has an agent begin with a unit of it. */
  async begin(formula: FormulaOptions = {}, agent: Partial<AgentOptions> = {}): Promise<void> {
    await this.world.publish(1, formula);
    await this.world.agent(agent);
    await this.world.deploy('world:f-1');
  }

  /** Publishes `f` and has a unit of it run. */
  async unit(formula: FormulaOptions = {}): Promise<void> {
    await this.begin(formula);
    await this.world.untilOn('world:f-1');
  }

  /** Publishes `f` and makes a service of it, whose unit nobody takes up. */
  async service(config?: string): Promise<void> {
    await this.world.publish(1, config === undefined ? {} : { config });
    await this.world.deploy('world:f-1');
  }

  /** Writes a file of the world's own. @returns its path */
  async file(name: string, text: string, mode = 0o644): Promise<string> {
    const path = this.world.path(name);
    await writeFile(path, text, { mode });
    return path;
  }

  /** Replaces words of environments.yaml. */
  async edit(pattern: RegExp | string, replacement: string): Promise<void> {
    const file = this.world.path('environments.yaml');
    const text = await readFile(file, 'utf8');
    const edited = text.replace(pattern, replacement);
    assert.notEqual(edited, text);
    await writeFile(file, edited);
  }

  async close(): Promise<void> {
    for (const child of this.#running)
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once('close', resolve));
        child.kill('SIGKILL');
        await ended;
      }
    await rm(this.world.path('trace'), { recursive: true, force: true, maxRetries: 10 });
    await this.world.close();
  }

  #spawn(line: string): ChildProcess {
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '/bin/sh', '-c', line], {
      cwd: this.world.root,
      env: this.variables,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.push(child);
    return child;
  }
}

/** Makes a test of each row. */
export function tryRows(rows: readonly Row[]): void {
  for (const { code, by, bare, needs, run } of rows)
    it(`${code}: ${by}`, async function () {
      const lacking = needs?.();
      if (lacking !== undefined) {
        if (this.test !== undefined) this.test.title += ` (${lacking})`;
        this.skip();
      }
      const stage = await Stage.open({ bootstrapped: bare !== true });
      try {
        await run(stage);
      } finally {
        await stage.close();
      }
    });
}
