import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark, Row } from '../benchmark.js';
import { writeFormula } from '../lab/formula.js';
import { idle, Lab, timed } from '../lab/lab.js';
import { inPairs } from '../lab/measure.js';

/** The same for each unit without any of Ensemble: unpack, point the link at it, run the hook. */
const loop = `set -e
i=0
while [ $i -lt $UNITS ]; do
  u=units/$i; mkdir -p $u/$TURN
  tar xzf bundle.tar.gz -C $u/$TURN
  ln -sfn $TURN $u/formula
  (cd $u/formula && ENSEMBLE_UNIT_NAME=$i ENSEMBLE_DATA_DIR=.. ./hooks/upgrade-formula)
  i=$((i+1))
done`;

/** Whole upgrades of a service on one machine beside a sequential shell loop, on either engine. */
export const wholeUpgrade: Benchmark = {
  name: 'whole-upgrade',
  async run(quick) {
    const units = quick ? 100 : 1_000;
    const rows: Row[] = [];
    const times: Partial<Record<'zookeeper' | 'embedded', number>> = {};
    for (const engine of ['zookeeper', 'embedded'] as const) {
      const { ratio, ours, floor } = await beside(engine, units, quick ? 2 : 5);
      times[engine] = ours.median / floor.median;
      rows.push({
        what: `whole upgrade of ${units} units, ${engine}`,
        against: 'sequential shell loop: tar, ln, hook',
        figure: `${(ours.median / 1_000).toFixed(2)} s (loop ${(floor.median / 1_000).toFixed(2)} s)`,
        value: ratio.median,
        range: [ratio.least, ratio.most],
        aim: 0.8,
      });
    }
    const relative = (times.embedded ?? 0) / (times.zookeeper ?? 1);
    rows.push({
      what: `whole upgrade of ${units} units, embedded`,
      against: 'the same on ZooKeeper, each against its own loop',
      figure: `${relative.toFixed(2)} ×`,
      value: relative,
      range: [relative, relative],
      aim: 1,
    });
    return { rows };
  },
};

async function beside(engine: 'zookeeper' | 'embedded', units: number, turns: number) {
  const lab = await Lab.open({ engine });
  const floor = mkdtempSync(join(tmpdir(), 'ensemble-bench-loop-'));
  try {
    await writeFormula(lab.repository, 'web', 1);
    const agent = await lab.agent();
    await lab.run('deploy', '--repository', lab.repository, '-n', String(units), 'web');
    await idle(agent.pid);
    mkdirSync(join(floor, 'units'));
    return await inPairs(
      turns,
      async (turn) => {
        await writeFormula(lab.repository, 'web', turn + 2);
        return lab.run('upgrade-formula', 'web');
      },
      async (turn) => {
        const formula = await writeFormula(floor, 'web', turn);
        timed(['tar', 'czf', join(floor, 'bundle.tar.gz'), '-C', formula, '.']);
        return timed(['sh', '-c', loop], {
          cwd: floor,
          env: { PATH: process.env.PATH, UNITS: String(units), TURN: String(turn) },
        });
      },
    );
  } finally {
    await lab.close();
    rmSync(floor, { recursive: true, force: true });
  }
}
