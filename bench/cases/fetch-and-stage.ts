import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readFormulaRecord } from '../../state/model/formulas.js';
import type { Benchmark, Row } from '../benchmark.js';
import { writeFormula } from '../lab/formula.js';
import { type Sample, sampleOf } from '../lab/measure.js';
import { idle, timed } from '../lab/process.js';
import { between, Steps } from '../lab/steps.js';
import { openSwiftLab } from '../lab/swift-lab.js';

const MB = 1_000_000;

interface Turn {
  readonly ours: number;
  readonly curl: number;
  readonly flushed: number;
}

/** How long an agent takes to have a large bundle from Swift on its disk, verified, beside `curl` and `tar`. */
export const fetchAndStage: Benchmark = {
  name: 'fetch-and-stage',
  limit: 600,
  async run(quick) {
    const bytes = quick ? 20 * MB : 100 * MB;
    const { lab, curl, close } = await openSwiftLab();
    const formula = (revision: number) => writeFormula(lab.repository, 'web', revision, { bytes });
    await formula(1);
    const steps = await Steps.open(join(lab.directory, 'steps'));
    const agent = await lab.agent('m0', { env: steps.variables });
    await lab.run('deploy', '--repository', lab.repository, 'web');
    const coordinator = await lab.coordinator();
    const target = join(lab.directory, 'extracted');
    const turns: Turn[] = [];
    for (let turn = 0; turn < (quick ? 2 : 6); turn += 1) {
      const revision = turn + 2;
      rmSync(await formula(revision).then((made) => join(made, '..', `web-${revision - 1}`)), {
        recursive: true,
      });
      await idle(agent.pid);
      steps.take();
      await lab.run('upgrade-formula', 'web');
      const ours = between(steps.take(), 'fetching.fetch.before', 'staging.extract.after');
      const record = await readFormulaRecord(coordinator, `formulas:web-${revision}`);
      const extract = (after: string): number => {
        rmSync(target, { recursive: true, force: true });
        mkdirSync(target);
        const line = `set -o pipefail; ${curl(record?.storageKey ?? '')} | tar xz -C ${target}${after}`;
        return timed(['bash', '-c', line]);
      };
      const floors = { curl: extract(''), flushed: extract(` && sync -f ${target}`) };
      if (turn > 0) turns.push({ ours, ...floors });
    }
    await close();
    const ratio = (floor: keyof Turn): Sample => sampleOf(turns.map((turn) => turn.ours / turn[floor]));
    const seconds = (of: keyof Turn): string =>
      `${(sampleOf(turns.map((turn) => turn[of])).median / 1_000).toFixed(2)} s`;
    const row = (floor: 'curl' | 'flushed', against: string, more: Pick<Row, 'aim' | 'bound'>): Row => {
      const { median, least, most } = ratio(floor);
      return {
        what: `fetch and stage of a bundle of ${bytes / MB} MB from Swift, on the disk`,
        against,
        figure: `${seconds('ours')} (against ${seconds(floor)})`,
        value: median,
        range: [least, most],
        ...more,
      };
    };
    return {
      rows: [
        row('curl', 'curl | tar xz, which flushes nothing', {
          aim: 1.2,
          bound:
            'the bundle is verified whole before it is unpacked, so the two cannot overlap as curl and tar do, and both are flushed',
        }),
        row('flushed', 'curl | tar xz && sync -f', {}),
      ],
    };
  },
};
