import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { newChangeId } from '../../state/model/conflict.js';
import { requireFormulaRecord } from '../../state/model/formulas.js';
import { flagUnits } from '../../control/upgrade/flag-units.js';
import { editService } from '../../state/model/services.js';
import { eventually } from '../../test/eventually.js';
import type { Benchmark, Row } from '../benchmark.js';
import { writeFormula } from '../lab/formula.js';
import { type Sample, sampleOf } from '../lab/measure.js';
import { idle, timed } from '../lab/process.js';
import { between, type Passed, Steps } from '../lab/steps.js';
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
    // A second service brings the bundles to the storage. Its machine is away, so that nobody fetches them for it.
    const away = await lab.agent('m1');
    await lab.run('deploy', '--repository', lab.repository, '--machine', 'm1', 'web', 'other');
    await away.stop();
    const coordinator = await lab.coordinator();
    const target = join(lab.directory, 'extracted');
    const extract = (key: string, after: string): number => {
      rmSync(target, { recursive: true, force: true });
      mkdirSync(target);
      settle(lab.directory, bytes);
      return timed(['bash', '-c', `set -o pipefail; ${curl(key)} | tar xz -C ${target}${after}`]);
    };
    const upgrade = async (id: string): Promise<number> => {
      settle(lab.directory, bytes);
      await editService(coordinator, 'web', (service) => ({
        ...service,
        formula: id,
        change: newChangeId(),
      }));
      await flagUnits(coordinator, ['web/0'], { requestedAt: new Date().toISOString(), by: 'bench' });
      const passed: Passed[] = [];
      return eventually(() => {
        passed.push(...steps.take());
        return between(passed, 'fetching.fetch.before', 'staging.extract.after');
      });
    };
    const turns: Turn[] = [];
    for (let turn = 0; turn < (quick ? 3 : 8); turn += 1) {
      const revision = turn + 2;
      const former = await formula(revision).then((made) => join(made, '..', `web-${revision - 1}`));
      rmSync(former, { recursive: true });
      await lab.run('upgrade-formula', '--no-wait', 'other');
      const id = `formulas:web-${revision}`;
      const { storageKey: key } = await requireFormulaRecord(coordinator, id);
      await idle(agent.pid);
      steps.take();
      const ours = await upgrade(id);
      await idle(agent.pid);
      const floors = { curl: extract(key, ''), flushed: extract(key, ` && sync -f ${target}`) };
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
            'the bundle is hashed and kept as well, its files are hashed and flushed; zlib and the disk take longest',
        }),
        row('flushed', 'curl | tar xz && sync -f', {}),
      ],
    };
  },
};

/**
 * Makes the disk and the memory the same for both sides. What others wrote is flushed. And memory that was not used
 * lately a virtual machine has given back to its host; to have 200 MB of it again took half a second here, so each side
 * finds some that was let go just now, in large blocks as well.
 */
function settle(directory: string, bytes: number): void {
  const file = join(directory, 'settle');
  timed(['sync', '-f', directory]);
  timed(['dd', 'if=/dev/zero', `of=${file}`, 'bs=1M', `count=${Math.ceil((4 * bytes) / MB)}`]);
  rmSync(file);
}
