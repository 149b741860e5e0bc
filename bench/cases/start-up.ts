import type { Benchmark } from '../benchmark.js';
import { writeFormula } from '../lab/formula.js';
import { Lab } from '../lab/lab.js';
import { timed } from '../lab/process.js';
import { inPairs } from '../lab/measure.js';

/** The cost of every command before it does anything, beside a Node that does nothing. */
export const startUp: Benchmark = {
  name: 'start-up',
  limit: 180,
  async run(quick) {
    const lab = await Lab.open({ engine: 'embedded' });
    const turns = quick ? 5 : 75;
    try {
      await writeFormula(lab.repository, 'web', 1);
      await lab.run('deploy', '--repository', lab.repository, '-n', '10', '--no-wait', 'web');
      const nothing = (): number => timed([process.execPath, '-e', '0'], { env: lab.variables });
      const beside = (words: readonly [string, ...string[]]) =>
        inPairs(turns, () => timed(words, { env: lab.variables }), nothing);
      const measured = [
        ['ensemble --version', 1.3, 'start of Node', await beside(lab.command('--version'))],
        [
          'ensemble status, 10 units, embedded',
          2.4,
          'of 33 ms beside Node: 7 to read the bundle and its compiled code, 11 its modules and schemas, 5 lmdb, 3 to read and 1 to show the units; 3 of them garbage',
          await beside(lab.command('status')),
        ],
      ] as const;
      return {
        rows: measured.map(([what, aim, bound, { ours, floor, ratio }]) => ({
          what,
          against: 'node -e 0',
          figure: `${ours.median.toFixed(0)} ms (node ${floor.median.toFixed(0)} ms)`,
          value: ratio.median,
          range: [ratio.least, ratio.most] as const,
          aim,
          bound,
        })),
      };
    } finally {
      await lab.close();
    }
  },
};
