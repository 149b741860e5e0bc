import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { wrapper } from './wrapper.js';

/** What a hook's process is started with. */
export interface Launch {
  /** The run's id: a word of letters, digits and dashes. */
  readonly id: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** The wrapper's arguments. */
  readonly words: readonly string[];
}

/** A wrapper that was launched. */
export interface Launched {
  readonly pid: number;
  /** Resolves with its exit status as a shell has it: 128 + n for signal n. Open for ever where the launcher is killed. */
  readonly ended: Promise<number>;
}

/** Characters; Linux takes 128 KiB of one argument or variable. Whoever forks is told by the system what is too much. */
const longestText = 30_000;

interface Waiting {
  readonly started: (launched: Launched) => void;
  readonly failed: (error: Error) => void;
  readonly ended: (status: number) => void;
  readonly end: Promise<number>;
}

/**
 * Starts processes from a small one. To fork, Linux copies the page tables of the process: for an agent of 200 MB that
 * takes ten times as long as the hook it starts, and the agent stands still meanwhile. So a shell of 1 MB forks, for
 * each line that it reads; it lives as long as the agent, and hooks outlive both.
 *
 * `&` of a shell without job control has SIGINT and SIGQUIT ignored, and what is ignored at its start a hook could not
 * catch: `env` puts them back.
 */
export class Launcher {
  readonly #shell: ChildProcess;
  readonly #waiting = new Map<string, Waiting>();
  #over = false;

  private constructor(private readonly setsid: string) {
    this.#shell = spawn(
      '/bin/sh',
      ['-c', `wrapper=$1\nwhile read -r line; do eval "$line"; done`, 'hooks', wrapper],
      {
        cwd: '/',
        env: { PATH: process.env.PATH },
        stdio: ['pipe', 'pipe', 'ignore'],
      },
    );
    const { stdin, stdout } = this.#shell;
    if (stdin === null || stdout === null) throw new Error('a shell without pipes');
    const fail = (): void => this.#fail();
    this.#shell.once('error', fail).once('exit', fail);
    stdin.once('error', fail);
    createInterface({ input: stdout }).on('line', (line) => this.#told(line));
    this.#hold();
  }

  /** Whether this can be put in a line for the shell, and nothing in it is too long for a program to be started with. */
  static takes({ directory, environment, logFile, words }: Launch): boolean {
    const texts = [directory, logFile, ...words, ...Object.values(environment)];
    return texts.every((text) => text.length < longestText && !text.includes('\n'));
  }

  /** Undefined where the system has no `setsid` or an `env` that cannot reset signals: each hook is then forked here. */
  static open(): Launcher | undefined {
    const setsid = find('setsid');
    const probe = ['-i', '--default-signal=INT,QUIT', '/bin/sh', '-c', ':'];
    return setsid !== undefined && spawnSync('env', probe, { stdio: 'ignore' }).status === 0
      ? new Launcher(setsid)
      : undefined;
  }

  /** True when it has ended, and another one is needed. */
  get isOver(): boolean {
    return this.#over;
  }

  /** @throws Error where the shell is gone or cannot fork */
  launch(launch: Launch): Promise<Launched> {
    const { id, directory, environment, logFile, words } = launch;
    const variables = Object.entries(environment).map(([name, value]) => quote(`${name}=${value}`));
    const command = [
      'env -i --default-signal=INT,QUIT',
      ...variables,
      quote(this.setsid),
      '/bin/sh -c "$wrapper" hook',
      ...words.map(quote),
      `</dev/null >>${quote(logFile)} 2>&1`,
    ].join(' ');
    const line = `(cd ${quote(directory)} || { echo ${id} failed; exit; }; ${command} & echo ${id} runs $!; wait $!; echo ${id} ended $?) &\n`;
    return new Promise((started, failed) => {
      if (this.#over) return failed(new Error('the launcher is gone'));
      let ended: (status: number) => void = () => undefined;
      const end = new Promise<number>((resolve) => {
        ended = resolve;
      });
      this.#waiting.set(id, { started, failed, ended, end });
      this.#hold();
      this.#shell.stdin?.write(line);
    });
  }

  #told(line: string): void {
    const [id = '', what, number] = line.split(' ');
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    if (what === 'runs') waiting.started({ pid: Number(number), ended: waiting.end });
    if (what === 'failed') waiting.failed(new Error('its directory cannot be entered'));
    if (what === 'ended') waiting.ended(Number(number));
    if (what !== 'runs') this.forget(id);
  }

  /** Waits for the end of this one no longer. */
  forget(id: string): void {
    this.#waiting.delete(id);
    this.#hold();
  }

  /** Keeps this process alive just as long as it waits for one; the shell reads to its end when this process is gone. */
  #hold(): void {
    const { stdout } = this.#shell;
    const handles: readonly unknown[] = [this.#shell, this.#shell.stdin, stdout];
    for (const handle of handles) {
      if (!isHandle(handle)) continue;
      if (this.#waiting.size > 0) handle.ref();
      else handle.unref();
    }
  }

  /** What runs already goes on, and tells its end by its own shell as long as that lives. */
  #fail(): void {
    this.#over = true;
    for (const { failed } of this.#waiting.values()) failed(new Error('the launcher ended'));
  }
}

/** A pipe to a child process is a socket, although its type does not say so. */
function isHandle(value: unknown): value is { ref(): void; unref(): void } {
  return typeof value === 'object' && value !== null && 'ref' in value && 'unref' in value;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function find(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((directory) => directory.startsWith('/'))
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
