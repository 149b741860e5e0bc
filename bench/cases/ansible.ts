import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark, Row } from '../benchmark.js';
import { AnsibleUnits, requireAnsible } from '../lab/ansible.js';
import { writeFormula } from '../lab/formula.js';
import { Lab } from '../lab/lab.js';
import { inPairs } from '../lab/measure.js';
import { idle, settleDisk, timed } from '../lab/process.js';

const UNITS = 20;

/** The whole upgrade of a few units beside Ansible doing the same: what people use today. */
export const ansible: Benchmark = {
  name: 'ansible',
  limit: 600,
  async run(quick) {
    requireAnsible();
    const lab = await Lab.open({ engine: 'zookeeper' });
    await writeFormula(lab.repository, 'web', 1);
    const agent = await lab.agent();
    await lab.run('deploy', '--repository', lab.repository, '-n', String(UNITS), 'web');
    await idle(agent.pid);
    const peer = mkdtempSync(join(tmpdir(), 'ansible-'));
    const units = new AnsibleUnits(peer, UNITS);
    let revision = 1;
    const beside = (pipelining: boolean) =>
      inPairs(
        quick ? 1 : 5,
        async () => {
          await idle(agent.pid);
          settleDisk();
          return lab.run('upgrade-formula', '--strategy', 'all', 'web');
        },
        async () => {
          revision += 1;
          const formula = await writeFormula(lab.repository, 'web', revision);
          settleDisk();
          const bundle = join(peer, `${revision}.tar.gz`);
          timed(['tar', 'czf', bundle, '-C', formula, '.']);
          return units.upgrade(bundle, revision, { pipelining });
        },
        quick ? 0 : 1,
      );
    const rows: Row[] = [];
    for (const [how, pipelining] of [
      ['as it comes', false],
      ['with pipelining', true],
    ] as const) {
      const { ours, floor, ratio } = await beside(pipelining);
      rows.push({
        what: `whole upgrade of ${UNITS} units, ZooKeeper`,
        against: `Ansible (ansible-core, local connection, -f 10, six tasks), ${how}`,
        figure: `${ours.median.toFixed(0)} ms (Ansible ${(floor.median / 1_000).toFixed(1)} s)`,
        value: ratio.median,
        range: [ratio.least, ratio.most] as const,
        ...(!pipelining && {
          aim: 0.025,
          bound:
            'the processor: of the command until the units are flagged, of the agent until its hooks begin, of all of them after that',
        }),
      });
    }
    await lab.close();
    return { rows };
  },
};
