import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { hold } from '../../hooks/process/hold.js';

/** `sync -f` is of coreutils and busybox. */
const SCRIPT = 'while IFS= read -r path; do sync -f "$path" 2>/dev/null; echo $?; done';

/**
 * Syncs file systems by a shell beside the agent: to fork, Linux copies the page tables of the whole process, and each
 * page that the agent writes to next is a fault.
 */
class Syncing {
  readonly #shell: ChildProcess;
  readonly #waiting: ((synced: boolean) => void)[] = [];
  isOver = false;

  constructor() {
    // A session of its own: what a terminal sends to the agent is not meant for it. It reads to its end.
    this.#shell = spawn('/bin/sh', ['-c', SCRIPT], {
      cwd: '/',
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const { stdin, stdout } = this.#shell;
    if (stdin === null || stdout === null) throw new Error('a shell without pipes');
    const end = (): void => {
      this.isOver = true;
      for (const tell of this.#waiting.splice(0)) tell(false);
    };
    this.#shell.once('error', end).once('exit', end);
    stdin.once('error', end);
    createInterface({ input: stdout }).on('line', (line) => {
      this.#waiting.shift()?.(line === '0');
      hold(this.#shell, this.#waiting.length > 0);
    });
    hold(this.#shell, false);
  }

  sync(path: string): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      hold(this.#shell, true);
      this.#shell.stdin?.write(`${path}\n`);
    });
  }

  close(): void {
    this.#shell.stdin?.end();
  }
}

/** Syncs file systems for one agent. Its shell is started for the first, and again where it was killed. */
export class FileSystemSync {
  #syncing: Syncing | undefined;

  /**
   * Makes everything on the file system of `path` survive a power cut (syncfs).
   * @returns false where nothing of that can be relied on: there is no `sync -f`, or what it wrote met an error
   */
  async sync(path: string): Promise<boolean> {
    if (path.includes('\n')) return false;
    if (this.#syncing === undefined || this.#syncing.isOver) this.#syncing = new Syncing();
    return this.#syncing.sync(path);
  }

  /** Ends the shell, when it has done what it was asked for. */
  close(): void {
    this.#syncing?.close();
    this.#syncing = undefined;
  }
}
