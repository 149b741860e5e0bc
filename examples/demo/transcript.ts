import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The examples as they are in the repository, seen from dist/examples/demo/. */
export const examplesDirectory = fileURLToPath(new URL('../../../examples/', import.meta.url));

const programs: Readonly<Record<string, string>> = {
  ensemble: fileURLToPath(new URL('../../bin/ensemble.cjs', import.meta.url)),
  'ensemble-agent': fileURLToPath(new URL('../../bin/ensemble-agent.js', import.meta.url)),
};

/** A command of the demo ended otherwise than it should. */
export class CommandFailed extends Error {}

/** Shows what the demo does, and does it: each command is a real process, typed as an operator would type it. */
export class Transcript {
  readonly #home: string;
  readonly #color: boolean;
  #running: ChildProcess | undefined;

  /** @param home the ENSEMBLE_HOME of all commands */
  constructor(home: string) {
    this.#home = home;
    this.#color = process.stdout.isTTY && !process.env.NO_COLOR;
  }

  /** Says what comes next. */
  say(text: string): void {
    this.#write(`\n# ${text}\n`, '36');
  }

  /** Shows text as if a command had printed it. */
  show(text: string): void {
    this.#write(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** Shows a command without running it. */
  prompt(command: string): void {
    this.#write(`$ ${command}\n`, '1');
  }

  /**
   * Shows a command and runs it; its output goes where the demo's own goes, so that on a terminal it shows live
   * progress.
   * @throws CommandFailed
   */
  async run(command: string): Promise<void> {
    this.prompt(command);
    const child = this.#spawn(command, 'inherit');
    const status = await ended(child);
    if (status !== 0) throw new CommandFailed(`\`${command}\` ended with ${status}`);
  }

  /**
   * The same with a command that is to fail: it exits with 1.
   * @throws CommandFailed where it does not
   */
  async fail(command: string): Promise<void> {
    this.prompt(command);
    const status = await ended(this.#spawn(command, 'inherit'));
    if (status !== 1) throw new CommandFailed(`\`${command}\` ended with ${status}, and not with 1`);
  }

  /** Runs a command unseen. @returns what it printed on stdout @throws CommandFailed */
  async read(command: string): Promise<string> {
    const child = this.#spawn(command, 'pipe');
    let printed = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
    });
    const status = await ended(child);
    if (status !== 0) throw new CommandFailed(`\`${command}\` ended with ${status}`);
    return printed;
  }

  /** Starts a command that runs beside the demo, out of reach of the terminal's Ctrl-C. */
  background(command: string, output: number): ChildProcess {
    const { program, args } = resolve(command);
    return spawn(program, args, {
      cwd: examplesDirectory,
      env: this.#environment(),
      detached: true,
      stdio: ['ignore', output, output],
    });
  }

  /** Ends the command that is shown at the moment, if any. */
  interrupt(): void {
    this.#running?.kill('SIGINT');
  }

  #spawn(command: string, output: 'inherit' | 'pipe'): ChildProcess {
    const { program, args } = resolve(command);
    const child = spawn(program, args, {
      cwd: examplesDirectory,
      env: this.#environment(),
      // A command that nobody sees is out of reach of the terminal's Ctrl-C, which cleaning up must survive.
      detached: output === 'pipe',
      // What commands tell people goes to stderr; in the demo it belongs into one stream with the rest.
      stdio: ['ignore', output, output === 'pipe' ? 'ignore' : 1],
    });
    this.#running = child;
    child.once('close', () => {
      this.#running = undefined;
    });
    return child;
  }

  /** What would lead the commands elsewhere is left out; node itself is on the PATH, for the hooks. */
  #environment(): NodeJS.ProcessEnv {
    const others = Object.entries(process.env).filter(([name]) => !name.startsWith('ENSEMBLE_'));
    return {
      ...Object.fromEntries(others),
      ENSEMBLE_HOME: this.#home,
      // What repositories answered is remembered there.
      XDG_CACHE_HOME: join(this.#home, 'cache'),
      PATH: `${dirname(process.execPath)}:${process.env.PATH ?? '/usr/bin:/bin'}`,
    };
  }

  #write(text: string, style?: string): void {
    process.stdout.write(this.#color && style !== undefined ? `\u001b[${style}m${text}\u001b[0m` : text);
  }
}

/** The words of the demo's commands hold no spaces, so no shell is needed to take them apart. */
function resolve(command: string): { readonly program: string; readonly args: readonly string[] } {
  const [name = '', ...args] = command.split(' ');
  const script = programs[name];
  return script === undefined
    ? { program: name, args }
    : { program: process.execPath, args: [script, ...args] };
}

function ended(child: ChildProcess): Promise<number | string> {
  return new Promise((resolvePromise, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => resolvePromise(signal ?? status ?? 1));
  });
}
