import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectDirectory } from '../docs/project.js';
import { migrateProgram } from '../programs.js';

/** What release 0.1.0 left: a home with an embedded state, and in it the data directory of an agent that was killed. */
export class OldRelease {
  readonly root = mkdtempSync(join(tmpdir(), 'ensemble-layout-'));
  readonly home = join(this.root, 'home');
  readonly data = join(this.home, 'local', 'machines', 'm0');

  static async unpack(): Promise<OldRelease> {
    const old = new OldRelease();
    const archive = join(projectDirectory, 'test/fixtures/layouts/0.1.0.tar.gz');
    await promisify(execFile)('tar', ['-xzf', archive, '-C', old.root]);
    return old;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Runs `ensemble-migrate` on this home. */
  async migrate(
    words: readonly string[],
    variables: NodeJS.ProcessEnv = {},
  ): Promise<{ readonly code: number | string | null; readonly stdout: string; readonly stderr: string }> {
    return new Promise((resolve) => {
      const env = { PATH: process.env.PATH, HOME: this.root, ENSEMBLE_HOME: this.home, ...variables };
      execFile(process.execPath, [migrateProgram, ...words], { env }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : (error.signal ?? error.code ?? null), stdout, stderr }),
      );
    });
  }

  /** The fault points that `ensemble-migrate` passes with these words, in their order, when nothing disturbs it. */
  async pointsPassed(words: readonly string[]): Promise<readonly string[]> {
    const faults = join(this.root, 'faults');
    const variables = { ENSEMBLE_ALLOW_FAULTS: faults, ENSEMBLE_FAULTS: 'none' };
    assert.equal((await this.migrate(words, variables)).code, 0);
    const points = readFileSync(join(faults, 'passed'), 'utf8').trim().split('\n');
    rmSync(faults, { recursive: true });
    return points;
  }

  /** Runs it with a fault, such as `migrate.marker.before=kill`. @returns what it exits with, or the signal that ended it */
  async migrateWith(fault: string, words: readonly string[]): Promise<number | string | null> {
    const faults = join(this.root, 'faults');
    const { code } = await this.migrate(words, { ENSEMBLE_ALLOW_FAULTS: faults, ENSEMBLE_FAULTS: fault });
    rmSync(faults, { recursive: true });
    return code;
  }

  /** A digest of all names, kinds, modes, links and contents below the root; the place of each directory is taken out. */
  digest(): string {
    const hash = createHash('sha256');
    const add = (path: string): void => {
      const found = lstatSync(path);
      hash.update(`${path.slice(this.root.length)} ${found.mode.toString(8)}\n`);
      if (found.isSymbolicLink()) hash.update(readlinkSync(path));
      else if (found.isDirectory()) for (const name of readdirSync(path).sort()) add(join(path, name));
      else hash.update(readFileSync(path, 'latin1').replace(/:\d+:\d+(?="|\n)/g, ':HERE'));
    };
    add(this.root);
    return hash.digest('hex');
  }
}
