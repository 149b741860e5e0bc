import { type ChildProcess, spawn } from 'node:child_process';
import { ensembleProgram } from '../programs.js';

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way; `stdout()` and `stderr()` are what it has said so far. */
export interface UnderWay {
  readonly ended: Promise<Ended>;
  stdout(): string;
  stderr(): string;
  /** Ctrl-C. */
  interrupt(): void;
}

/** Types `ensemble` commands, each a process of its own. */
export class Operator {
  readonly #running = new Set<ChildProcess>();

  /** @param home `$ENSEMBLE_HOME` */
  constructor(readonly home: string) {}

  /** @param variables more of its environment */
  start(args: readonly string[], home = this.home, variables: NodeJS.ProcessEnv = {}): UnderWay {
    const child = spawn(process.execPath, [ensembleProgram, ...args], {
      env: { ...process.env, ENSEMBLE_HOME: home, ENSEMBLE_ENV: '', ENSEMBLE_REPOSITORY: '', ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (code) => {
        this.#running.delete(child);
        resolve({ code, stdout, stderr });
      });
    });
    return { ended, stdout: () => stdout, stderr: () => stderr, interrupt: () => child.kill('SIGINT') };
  }

  run(...args: readonly string[]): Promise<Ended> {
    return this.start(args).ended;
  }

  /** Runs a command that must succeed. @returns what it printed on stdout */
  async does(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    if (code !== 0) throw new Error(`ensemble ${args.join(' ')}: exit ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Ends what still runs. */
  close(): void {
    for (const child of this.#running) child.kill('SIGKILL');
  }
}
