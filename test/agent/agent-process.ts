import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { eventually } from '../eventually.js';
import { agentProgram } from '../programs.js';
import { suspend } from '../suspend.js';

export interface AgentProcessOptions {
  /** Where it is to be killed, as `kill-at.ts` takes it, which is then a part of `program`. */
  readonly death?: string | undefined;
  /** More of its environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The agent's program, in the place of this release's. */
  readonly program?: string;
  /** More of its command line. */
  readonly options?: readonly string[];
}

/** `ensemble-agent` as a process of its own, which dies with the tests. */
export class AgentProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | NodeJS.Signals>;
  readonly #state: string;
  #out = '';
  #err = '';

  /** @param home `$ENSEMBLE_HOME`, with the environments.yaml it reads */
  constructor(
    home: string,
    machine: string,
    { death = '', variables = {}, program = agentProgram, options: more = [] }: AgentProcessOptions = {},
  ) {
    this.#state = `${home}/state`;
    const options = ['--machine', machine, '--data-dir', `${home}/machines/${machine}`, ...more];
    const command = [process.execPath, program, ...options];
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], {
      env: { ...process.env, ENSEMBLE_HOME: home, ENSEMBLE_ENV: '', KILL_AT: death, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#out += chunk.toString();
    });
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      this.#err += chunk.toString();
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve(code ?? signal ?? 'SIGKILL'));
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Stops it (SIGSTOP) in a moment in which it keeps nobody from the embedded state: that is another test's. */
  suspend(): Promise<void> {
    return suspend(this.pid, this.#state);
  }

  /** What it logged, a JSON object per line. */
  lines(): readonly { readonly level: string; readonly message: string; readonly unit?: string }[] {
    return this.#out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  stderr(): string {
    return this.#err;
  }

  async logged(part: string): Promise<void> {
    await eventually(() => {
      assert.ok(
        this.lines().some(({ message }) => message.includes(part)),
        `logged ${part}:\n${this.#out}\n${this.#err}`,
      );
    });
  }

  up(): Promise<void> {
    return this.logged(' is up');
  }

  /** Sends a signal and waits until it is gone. @returns its exit code, or the signal that ended it */
  kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | NodeJS.Signals> {
    this.#child.kill(signal);
    return this.#ended;
  }

  ended(): Promise<number | NodeJS.Signals> {
    return this.#ended;
  }
}
