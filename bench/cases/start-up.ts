import type { Benchmark } from '../benchmark.js';
import { writeFormula } from '../lab/formula.js';
import { Lab } from '../lab/lab.js';
import { timed } from '../lab/process.js';
import { inPairs } from '../lab/measure.js';

/** What every command pays before it does anything, beside a Node that does nothing. */
export const startUp: Benchmark = {
  name: 'start-up',
  limit: 180,
  async run(quick) {
    const lab = await Lab.open({ engine: 'embedded' });
    const turns = quick ? 5 : 25;
    try {
      await writeFormula(lab.repository, 'web', 1);
      await lab.run('deploy', '--repository', lab.repository, '-n', '10', '--no-wait', 'web');
      const nothing = (): number => timed([process.execPath, '-e', '0'], { env: lab.variables });
      const command = (...args: readonly string[]) =>
        inPairs(turns, () => timed(lab.command(...args), { env: lab.variables }), nothing);
      const measured = [
        ['ensemble --version', 1.3, 'start of Node', await command('--version')],
        [
          'ensemble status, 10 units, embedded',
          2,
          'its own compiled code, zod’s schemas, and loading lmdb: a third of node -e 0 each',
          await command('status'),
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
