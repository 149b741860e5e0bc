import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFormula } from './formula.js';
import { timed } from './process.js';

/** The same for each unit without any of Ensemble: unpack, point the link at it, run the hook. */
const SCRIPT = `set -e
i=0
while [ $i -lt $UNITS ]; do
  u=units/$i; mkdir -p $u/$TURN
  tar xzf bundle.tar.gz -C $u/$TURN
  ln -sfn $TURN $u/formula
  (cd $u/formula && ENSEMBLE_UNIT_NAME=$i ENSEMBLE_DATA_DIR=.. ./hooks/upgrade-formula)
  i=$((i+1))
done`;

/** The floor of an upgrade: a sequential shell loop, which journals nothing and flushes nothing to the disk. */
export class ShellLoop {
  readonly #directory = mkdtempSync(join(tmpdir(), 'loop-'));
  #turn = 0;

  constructor() {
    mkdirSync(join(this.#directory, 'units'));
  }

  /** Milliseconds that an upgrade of so many units takes. */
  async run(units: number): Promise<number> {
    this.#turn += 1;
    const formula = await writeFormula(this.#directory, 'web', this.#turn);
    timed(['tar', 'czf', join(this.#directory, 'bundle.tar.gz'), '-C', formula, '.']);
    return timed(['sh', '-c', SCRIPT], {
      cwd: this.#directory,
      env: { PATH: process.env.PATH, UNITS: String(units), TURN: String(this.#turn) },
    });
  }
}
