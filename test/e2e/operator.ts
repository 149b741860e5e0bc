import { runCommand } from '../command-in-process.js';
import { type CommandEnd, type CommandProcess, startCommand } from '../command-process.js';
import { ensembleProgram } from '../programs.js';

/** How a command ended. */
export type Ended = CommandEnd;

/** A command under way; `stdout()` and `stderr()` are what it has said so far. */
export interface UnderWay {
  readonly ended: Promise<Ended>;
  stdout(): string;
  stderr(): string;
  /** Ctrl-C. */
  interrupt(): void;
}

/** Where tests are started; a command within this process is elsewhere while it runs. */
const ROOT = process.cwd();

/** Types `ensemble` commands, each a process of its own. */
export class Operator {
  readonly #running = new Set<CommandProcess>();

  /** @param home `$ENSEMBLE_HOME` */
  constructor(readonly home: string) {}

  /** @param variables more of its environment */
  start(args: readonly string[], home = this.home, variables: NodeJS.ProcessEnv = {}): UnderWay {
    const set = { ...process.env, ENSEMBLE_HOME: home, ENSEMBLE_ENV: '', ENSEMBLE_REPOSITORY: '' };
    const around = { directory: ROOT, variables: { ...set, ...variables } };
    const running = startCommand(ensembleProgram, args, around);
    this.#running.add(running);
    running.process.once('close', () => this.#running.delete(running));
    return { ...running, interrupt: () => running.process.kill('SIGINT') };
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

  /** What `status --format json` prints now: within this process, for tests that ask until it is so. */
  async status(...scopes: readonly string[]): Promise<string> {
    const variables = { PATH: process.env.PATH, HOME: this.home, ENSEMBLE_HOME: this.home };
    const words = ['status', '--format', 'json', ...scopes];
    const { code, stdout, stderr } = await runCommand(words, { directory: this.home, variables });
    if (code !== 0) throw new Error(`ensemble ${words.join(' ')}: exit ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Ends what still runs. */
  close(): void {
    for (const { process } of this.#running) process.kill('SIGKILL');
  }
}
