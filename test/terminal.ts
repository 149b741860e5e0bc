import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** A terminal that a person could sit at: a tmux of its own, of a given size. */
export class Terminal {
  readonly #directory = mkdtempSync(join(tmpdir(), 'ensemble-terminal-'));

  /**
   * Runs a command line of sh in it; the screen stays when that has ended.
   * @param environment what the command finds set, besides PATH
   */
  async open(
    line: string,
    size: { readonly columns: number; readonly rows: number },
    environment: Readonly<Record<string, string>> = {},
  ): Promise<this> {
    // No command of a test shall look for newer formulas behind its back.
    const all = { ENSEMBLE_NO_NOTICES: '1', ...environment };
    const set = Object.entries(all).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    const [columns, rows] = [String(size.columns), String(size.rows)];
    await this.#tmux(
      'new-session',
      '-d',
      '-x',
      columns,
      '-y',
      rows,
      ...set,
      'sh',
      '-c',
      `${line}; sleep 600`,
    );
    return this;
  }

  /** What stands on the screen, without the empty lines at its end. */
  async screen(): Promise<readonly string[]> {
    const text = await this.#tmux('capture-pane', '-p');
    return text.trimEnd().split('\n');
  }

  /**
   * All that was shown since it was opened, also what went off the screen. A line that the terminal broke for want of room
   * is one, as it is for a mouse that copies it.
   */
  async everything(): Promise<readonly string[]> {
    const text = await this.#tmux('capture-pane', '-p', '-J', '-S', '-');
    return text
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd());
  }

  /** Presses keys, as tmux names them; after `-l`, the text itself. */
  async type(...keys: readonly string[]): Promise<void> {
    await this.#tmux('send-keys', ...keys);
  }

  async close(): Promise<void> {
    await this.#tmux('kill-server').catch(() => undefined);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    const socket = join(this.#directory, 'socket');
    return (await execute('tmux', ['-f', '/dev/null', '-S', socket, ...args])).stdout;
  }
}
