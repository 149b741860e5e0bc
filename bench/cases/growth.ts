import type { Benchmark } from '../benchmark.js';
import { writeFormula } from '../lab/formula.js';
import { Lab } from '../lab/lab.js';
import { type Sample, sampleOf } from '../lab/measure.js';
import { idle, settleDisk } from '../lab/process.js';
import { ShellLoop } from '../lab/shell-loop.js';

type Points = [number, Sample][];

/** Seconds of a whole upgrade as the units of a service grow, on either engine, and of the shell loop. */
export const growth: Benchmark = {
  name: 'growth',
  limit: 900,
  async run(quick) {
    const sizes = quick ? [5, 25, 50] : [10, 100, 300, 1_000];
    const turns = quick ? 1 : 3;
    const zookeeper = await upgradesOf('zookeeper', sizes, turns);
    const embedded = await upgradesOf('embedded', sizes, turns);
    const loop = new ShellLoop();
    const floor: Points = [];
    for (const units of sizes) {
      settleDisk();
      floor.push([units, sampleOf([await loop.run(units)])]);
    }
    const lines = [
      { name: 'ZooKeeper', points: zookeeper },
      { name: 'embedded', points: embedded },
      { name: 'shell loop', points: floor },
    ];
    return {
      rows: lines.map(({ name, points }) => ({
        what: `whole upgrade of ${sizes.join(', ')} units, ${name}: ms for one unit more`,
        against: '–',
        figure: points.map(([, { median }]) => `${(median / 1_000).toFixed(2)} s`).join(', '),
        value: slope(points, ({ median }) => median),
        range: [slope(points, ({ least }) => least), slope(points, ({ most }) => most)],
      })),
      charts: [
        {
          name: 'upgrade',
          title: 'Whole upgrade of a service',
          across: 'units',
          unit: 's',
          lines: lines.map(({ name, points }) => ({
            name,
            points: points.map(([units, { median }]) => [units, median / 1_000] as const),
          })),
        },
      ],
    };
  },
};

async function upgradesOf(
  engine: 'zookeeper' | 'embedded',
  sizes: readonly number[],
  turns: number,
): Promise<Points> {
  const lab = await Lab.open({ engine });
  await writeFormula(lab.repository, 'web', 1);
  const agent = await lab.agent();
  const points: Points = [];
  let revision = 1;
  let deployed = 0;
  for (const units of sizes) {
    const more = String(units - deployed);
    if (deployed === 0) await lab.run('deploy', '--repository', lab.repository, '-n', more, 'web');
    else await lab.run('add-unit', '-n', more, 'web');
    deployed = units;
    const runs: number[] = [];
    for (let turn = 0; turn < turns; turn += 1) {
      await idle(agent.pid);
      revision += 1;
      await writeFormula(lab.repository, 'web', revision);
      settleDisk();
      runs.push(await lab.run('upgrade-formula', '--strategy', 'all', 'web'));
    }
    points.push([units, sampleOf(runs)]);
  }
  await lab.close();
  return points;
}

/** Between the first and the last point. */
function slope(points: Points, value: (sample: Sample) => number): number {
  const [first, last] = [points[0], points.at(-1)];
  return first && last ? (value(last[1]) - value(first[1])) / (last[0] - first[0]) : Number.NaN;
}
