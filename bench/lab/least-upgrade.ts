import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { bundleCommand, root } from '../../build/bundle-command.js';
import type { Lab } from './lab.js';
import { timed } from './process.js';

/**
 * What a machine cannot do without to upgrade its units durably: a copy of the formula's files for each unit and one
 * flush of them all; the links; the hooks, as many at a time as there are cores; and the five flushes, one after the
 * other, of a journal that all units share. In Python, whose process is small, and within one that has started.
 */
const script = `import ctypes, os, sys, time
formula, units, cores, turn = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
libc = ctypes.CDLL(None)
begun = time.perf_counter()
files = [(os.path.relpath(os.path.join(at, name), formula), open(os.path.join(at, name), 'rb').read())
         for at, _, names in os.walk(formula) for name in names]
parts = sorted({os.path.dirname(path) for path, _ in files})
for unit in range(units):
    for part in parts: os.makedirs(f'{unit}/{turn}/{part}', exist_ok=True)
    for path, content in files:
        file = os.open(f'{unit}/{turn}/{path}', os.O_WRONLY | os.O_CREAT, 0o755)
        os.write(file, content)
        os.close(file)
journal = os.open('journal', os.O_WRONLY | os.O_CREAT, 0o600)
def flush():
    os.write(journal, b'x' * 4096)
    os.fdatasync(journal)
libc.syncfs(journal)
flush()
for unit in range(units):
    os.symlink(turn, f'{unit}/next')
    os.rename(f'{unit}/next', f'{unit}/formula')
flush()
running = 0
for unit in range(units):
    if running == cores:
        os.wait()
        running -= 1
    if os.fork() == 0:
        os.chdir(f'{unit}/formula')
        variables = {'PATH': os.environ['PATH'], 'ENSEMBLE_UNIT_NAME': str(unit), 'ENSEMBLE_DATA_DIR': '..'}
        os.execve('hooks/upgrade-formula', ['upgrade-formula'], variables)
    running += 1
for _ in range(running): os.wait()
for _ in range(3): flush()
print((time.perf_counter() - begun) * 1000)
`;

/** The least that an upgrade takes with the libraries that Ensemble is made of, without a line of its own. */
export class LeastUpgrade {
  readonly #directory: string;
  readonly #bin: string;
  #turn = 0;

  private constructor(
    private readonly lab: Lab,
    private readonly units: number,
  ) {
    this.#directory = join(lab.directory, 'least');
    this.#bin = join(this.#directory, 'dist/bin');
    mkdirSync(this.#bin, { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(this.#directory, 'node_modules'));
  }

  /** Built and compiled as the command is. @param formula a directory to try it on */
  static async open(lab: Lab, units: number, formula: string): Promise<LeastUpgrade> {
    const least = new LeastUpgrade(lab, units);
    await bundleCommand('bench/lab/upgrade-of-libraries.ts', least.#bin);
    timed(least.#command(formula), { env: { ...lab.variables, ENSEMBLE_COMPILE: '' } });
    return least;
  }

  /** Milliseconds of both, the command and then the machine, which cannot begin before there is a bundle. */
  run(formula: string): number {
    this.#turn += 1;
    const command = timed(this.#command(formula), { env: this.lab.variables });
    const words = [formula, String(this.units), String(availableParallelism()), `turn-${this.#turn}`];
    const printed = execFileSync('python3', ['-c', script, ...words], {
      cwd: this.#directory,
      encoding: 'utf8',
    });
    return command + Number(printed);
  }

  #command(formula: string): readonly [string, ...string[]] {
    const bundle = join(this.#directory, 'bundle');
    return [process.execPath, join(this.#bin, 'ensemble.cjs'), 'upgrade-formula', formula, bundle];
  }
}
