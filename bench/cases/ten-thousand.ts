import type { Benchmark } from '../benchmark.js';
import { BareClient } from '../lab/bare-client.js';
import { writeFormula } from '../lab/formula.js';
import { Lab } from '../lab/lab.js';
import { inPairs, type Pairs } from '../lab/measure.js';

const row = (what: string, against: string, aim: number, bound: string, { ours, floor, ratio }: Pairs) => ({
  what,
  against,
  figure: `${ours.median.toFixed(0)} ms (floor ${floor.median.toFixed(0)} ms)`,
  value: ratio.median,
  range: [ratio.least, ratio.most] as const,
  aim,
  bound,
});

/** One command on very many units, beside the bare client doing the same to the same server; no agent is up. */
export const tenThousand: Benchmark = {
  name: 'ten-thousand',
  limit: 600,
  async run(quick) {
    const units = quick ? 1_000 : 10_000;
    const lab = await Lab.open({ engine: 'zookeeper' });
    try {
      await writeFormula(lab.repository, 'web', 1);
      await lab.run('deploy', '--repository', lab.repository, '-n', String(units), '--no-wait', 'web');
      const client = await BareClient.open(lab.state);
      const names = await client.children('/units');
      const flags = names.map((name) => `/units/${name}/upgrade`);
      const value = Buffer.from(
        '{"requestedAt":"2026-01-01T00:00:00.000Z","by":"operator@host","force":false}',
      );
      const reads = names.flatMap((name) => [
        `/units/${name}`,
        `/units/${name}/status`,
        `/units/${name}/upgrade`,
      ]);
      const turns = quick ? 3 : 7;
      const status = await inPairs(
        turns,
        () => lab.run('status', '--format', 'json'),
        async () => {
          const begun = performance.now();
          await Promise.all(reads.map((path) => client.get(path)));
          return performance.now() - begun;
        },
      );
      const flagging = await inPairs(
        turns,
        async (turn) => {
          await writeFormula(lab.repository, 'web', turn + 2);
          const ms = await lab.run('upgrade-formula', '--no-wait', '--strategy', 'all', 'web');
          await client.each('remove', flags, value);
          return ms;
        },
        async () => {
          const begun = performance.now();
          await client.each('create', flags, value);
          const ms = performance.now() - begun;
          await client.each('remove', flags, value);
          return ms;
        },
      );
      client.close();
      return {
        rows: [
          row(
            `upgrade-formula --no-wait flags ${units} units`,
            'bare client, transactions of 500',
            3,
            'the start of the command, and the server, which reads 20,000 nodes before and while it takes the flags',
            flagging,
          ),
          row(`status of ${units} units`, 'bare client, the same nodes pipelined', 2, '', status),
        ],
      };
    } finally {
      await lab.close();
    }
  },
};
