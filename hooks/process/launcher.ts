import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { hold } from './hold.js';
import type { HookEnd } from './outcome.js';
import { LAUNCHER_SCRIPT } from './perl-launcher.js';

/** Everything that a hook's process is started with. */
export interface Launch {
  /** The run's id: a word of letters, digits and dashes. */
  readonly id: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly words: readonly [runDirectory: string, hook: string, logOffset: string, startedAt: string];
}

/** A hook that was launched. */
interface Launched {
  readonly pid: number;
  /** Open for ever where the launcher is killed. */
  readonly ended: Promise<HookEnd>;
  /** True while the process that writes the hook's status down is there. */
  isWaitedFor(): boolean;
  /** Waits for the end no longer, so that this process may exit. */
  release(): void;
}

interface Waiting {
  readonly started: (launched: Launched) => void;
  readonly failed: (error: Error) => void;
  readonly ended: (end: HookEnd) => void;
  readonly end: Promise<HookEnd>;
}

/**
 * Starts processes from a small one. To fork, Linux copies the page tables of the process: for an agent of 200 MB that
 * takes ten times as long as the hook it starts, and the agent stands still meanwhile. So a perl of 5 MB forks, and waits
 * for the hooks' ends, whether or not the agent lives. It is started for the first hook, and again where it was killed.
 */
export class HookLauncher {
  readonly #perl: string;
  #process: LauncherProcess | undefined;
  #isClosed = false;

  /** @param perl its path */
  constructor(perl: string) {
    this.#perl = perl;
  }

  /** @throws Error where the launcher is gone, is closed or cannot fork */
  async launch(launch: Launch): Promise<Launched> {
    if (this.#isClosed) throw new Error('the agent stops');
    if (this.#process === undefined || this.#process.isOver) this.#process = new LauncherProcess(this.#perl);
    return this.#process.launch(launch);
  }

  /** Starts no more. The process ends when its last hook has ended. */
  close(): void {
    this.#isClosed = true;
    this.#process?.close();
  }
}

class LauncherProcess {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<string, Waiting>();
  #isOver = false;

  constructor(perl: string) {
    this.#process = spawn(perl, ['-e', LAUNCHER_SCRIPT], {
      cwd: '/',
      // A session of its own: what a terminal sends to the agent is not meant for it.
      detached: true,
      env: { PATH: process.env.PATH },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const { stdin, stdout } = this.#process;
    const fail = (error?: Error): void => this.#fail(error?.message ?? 'the launcher ended');
    this.#process.once('error', fail).once('exit', () => fail());
    // If the system has no files for the pipes, there are none, and the error is told in a moment.
    stdin?.on('error', () => fail());
    if (stdout) createInterface({ input: stdout }).on('line', (line) => this.#told(line));
    this.#hold();
  }

  /** True when it has ended, and another one is needed. */
  get isOver(): boolean {
    return this.#isOver;
  }

  launch({ id, directory, environment, logFile, words }: Launch): Promise<Launched> {
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const parts = [id, directory, logFile, ...words, ...variables];
    const request = Buffer.from(`    ${parts.join('\0')}`);
    request.writeUInt32BE(request.length - 4);
    return new Promise((started, failed) => {
      let ended: (end: HookEnd) => void = () => undefined;
      const end = new Promise<HookEnd>((resolve) => {
        ended = resolve;
      });
      this.#waiting.set(id, { started, failed, ended, end });
      this.#hold();
      this.#process.stdin?.write(request);
    });
  }

  close(): void {
    this.#process.stdin?.end();
  }

  #told(line: string): void {
    const [id = '', what, number] = line.split(' ');
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    if (what === 'runs')
      waiting.started({
        pid: Number(number),
        ended: waiting.end,
        isWaitedFor: () => !this.#isOver,
        release: () => this.#forget(id),
      });
    if (what === 'failed')
      waiting.failed(new Error('the system has no process for it, or its directory is gone'));
    if (what === 'ended') waiting.ended({ status: Number(number) });
    if (what === 'refused') waiting.ended({ refused: true });
    if (what !== 'runs') this.#forget(id);
  }

  #forget(id: string): void {
    this.#waiting.delete(id);
    this.#hold();
  }

  /** Keeps this process alive just as long as it waits for one. */
  #hold(): void {
    hold(this.#process, this.#waiting.size > 0);
  }

  /** Hooks that run already go on, but nobody learns how they end. */
  #fail(reason: string): void {
    this.#isOver = true;
    for (const { failed } of this.#waiting.values()) failed(new Error(reason));
  }
}
