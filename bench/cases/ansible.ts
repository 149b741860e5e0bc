import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark, Row } from '../benchmark.js';
import { AnsibleUnits, requireAnsible } from '../lab/ansible.js';
import { writeFormula } from '../lab/formula.js';
import { Lab } from '../lab/lab.js';
import { inPairs, sampleOf } from '../lab/measure.js';
import { idle, settleDisk, timed } from '../lab/process.js';
import { StraightUpgrade } from '../lab/straight-upgrade.js';

const UNITS = 20;

/** The whole upgrade of a few units beside Ansible doing the same: what people use today. */
export const ansible: Benchmark = {
  name: 'ansible',
  limit: 600,
  async run(quick) {
    requireAnsible();
    const lab = await Lab.open({ engine: 'zookeeper' });
    const straight = await StraightUpgrade.open(lab, UNITS, await writeFormula(lab.repository, 'web', 1));
    const agent = await lab.agent();
    await lab.run('deploy', '--repository', lab.repository, '-n', String(UNITS), 'web');
    await idle(agent.pid);
    const peer = mkdtempSync(join(tmpdir(), 'ansible-'));
    const units = new AnsibleUnits(peer, UNITS);
    let revision = 1;
    let formula = '';
    const straights: number[] = [];
    const upgradeStraight = async (): Promise<void> => {
      await idle(straight.pid);
      settleDisk();
      straights.push(straight.run(formula));
    };
    const beside = (pipelining: boolean) =>
      inPairs(
        quick ? 1 : 5,
        async (turn) => {
          // Each of them comes first as often as the other: it meets what Ansible has left of the caches.
          if (turn % 2 === 0) await upgradeStraight();
          await idle(agent.pid);
          settleDisk();
          const ms = await lab.run('upgrade-formula', 'web');
          if (turn % 2 === 1) await upgradeStraight();
          return ms;
        },
        async () => {
          revision += 1;
          formula = await writeFormula(lab.repository, 'web', revision);
          settleDisk();
          const bundle = join(peer, `${revision}.tar.gz`);
          timed(['tar', 'czf', bundle, '-C', formula, '.']);
          return units.upgrade(bundle, revision, { pipelining });
        },
        quick ? 0 : 1,
      );
    const rows: Row[] = [];
    let asItComes = 0;
    for (const [how, pipelining] of [
      ['as it comes', false],
      ['with pipelining', true],
    ] as const) {
      const { ours, floor, ratio } = await beside(pipelining);
      if (!pipelining) asItComes = floor.median;
      rows.push({
        what: `whole upgrade of ${UNITS} units, ZooKeeper`,
        against: `Ansible (ansible-core, local connection, -f 10, six tasks), ${how}`,
        figure: `${ours.median.toFixed(0)} ms (Ansible ${(floor.median / 1_000).toFixed(1)} s)`,
        value: ratio.median,
        range: [ratio.least, ratio.most] as const,
        ...(!pipelining && {
          aim: 0.01,
          bound:
            'the processor: of the command until the units are flagged, of the agent until its hooks begin, of all of them after that; the last of these rows shows what the libraries leave of the aim',
        }),
      });
    }
    await straight.close();
    await lab.close();
    // The first one starts with nothing in memory.
    const alone = sampleOf(straights.slice(1));
    rows.push({
      what: `an upgrade of ${UNITS} units written straight down with the libraries: flags, statuses, copies, journal, hooks, flushes; nothing verified, no errors, no relations, no going on`,
      against: 'Ansible, as it comes',
      figure: `${alone.median.toFixed(0)} ms`,
      value: alone.median / asItComes,
      range: [alone.least / asItComes, alone.most / asItComes],
      bound:
        'start of Node and of the libraries, from compiled code; the copies and the forks of the hooks; the disk',
    });
    return { rows };
  },
};
