import { join } from 'node:path';
import type { Benchmark, Row } from '../benchmark.js';
import { forkAndSync } from '../lab/fork-and-sync.js';
import { writeFormula } from '../lab/formula.js';
import { Lab } from '../lab/lab.js';
import { type Pairs, inPairs, sampleOf } from '../lab/measure.js';
import { idle, settleDisk } from '../lab/process.js';
import { between, Steps } from '../lab/steps.js';

const KB = 1_000;
const MB = 1_000 * KB;

/** How long a unit's relations stand still for an upgrade, its hook not counted, for small and large formulas. */
export const pause: Benchmark = {
  name: 'pause',
  limit: 600,
  async run(quick) {
    const sizes = quick ? [10 * KB, MB, 10 * MB] : [10 * KB, MB, 100 * MB];
    const measured: [number, Pauses][] = [];
    for (const bytes of sizes) measured.push([bytes, await pausesOf(bytes, quick ? 3 : 9)]);
    return { rows: rows(measured) };
  },
};

interface Pauses extends Pairs {
  /** Writes of the journal within one. */
  readonly records: number;
}

async function pausesOf(bytes: number, turns: number): Promise<Pauses> {
  const lab = await Lab.open({ engine: 'zookeeper' });
  const formula = (revision: number) => writeFormula(lab.repository, 'web', revision, { bytes });
  await formula(1);
  const steps = await Steps.open(join(lab.directory, 'steps'));
  const agent = await lab.agent('m0', { env: steps.variables });
  await lab.run('deploy', '--repository', lab.repository, 'web');
  await idle(agent.pid);
  let records = 0;
  const pairs = await inPairs(
    turns,
    async (turn) => {
      await formula(turn + 2);
      // Operators upgrade to formulas that were written long ago: otherwise each flush of the agent's waits for them.
      settleDisk();
      steps.take();
      await lab.run('upgrade-formula', '--strategy', 'all', 'web');
      await idle(agent.pid);
      const passed = steps.take();
      records = passed.filter(({ point }) => point.endsWith('.journal.after')).length;
      const hook = between(passed, 'upgrade-formula.start.after', 'upgrade-formula.settings.before');
      return between(passed, 'swapping.journal.before', 'started.journal.after') - hook;
    },
    () => sampleOf(forkAndSync(join(lab.directory, 'synced'), 9)).median,
    // Formulas are only taken away once there are more than a unit keeps to go back to.
    3,
  );
  await lab.close();
  return { ...pairs, records };
}

function rows(measured: readonly [number, Pauses][]): readonly Row[] {
  const size = (bytes: number): string => (bytes < MB ? `${bytes / KB} KB` : `${bytes / MB} MB`);
  const [least, most] = [measured[0], measured.at(-1)];
  const growth = (most?.[1].ours.median ?? Number.NaN) / (least?.[1].ours.median ?? Number.NaN);
  return [
    ...measured.map(([bytes, { ours, floor, ratio, records }]) => ({
      what: `pause of a unit, bundle of ${size(bytes)}`,
      against: 'fork and exec of /bin/true and one fsync',
      figure: `${ours.median.toFixed(1)} ms (floor ${floor.median.toFixed(1)} ms), ${records} writes of the journal`,
      value: ratio.median,
      range: [ratio.least, ratio.most] as const,
      aim: 10,
      bound:
        'one after the other: five records of the journal and the renamed link, each flushed; a transaction; the fork of the hook',
    })),
    {
      what: `pause of a unit, bundle of ${size(most?.[0] ?? 0)}`,
      against: `the same, bundle of ${size(least?.[0] ?? 0)}`,
      figure: measured.map(([, { ours }]) => `${ours.median.toFixed(1)} ms`).join(', '),
      value: growth,
      range: [growth, growth],
      // Flat, but for what a busy disk adds by chance.
      aim: 1.5,
    },
  ];
}
