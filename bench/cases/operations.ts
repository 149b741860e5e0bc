import type { Benchmark, Row } from '../benchmark.js';
import { Counter, type Traffic } from '../lab/counter.js';
import { writeFormula } from '../lab/formula.js';
import { Lab } from '../lab/lab.js';
import { sampleOf } from '../lab/measure.js';
import { idle } from '../lab/process.js';

/** An agent's requests to ZooKeeper for each unit that it upgrades, counted between the two. */
export const operations: Benchmark = {
  name: 'operations',
  limit: 300,
  async run(quick) {
    const units = quick ? 50 : 300;
    const lab = await Lab.open({ engine: 'zookeeper' });
    const counter = await Counter.open(lab.server?.port ?? 0);
    await writeFormula(lab.repository, 'web', 1);
    const agent = await lab.agent('m0', { state: `zookeeper://${counter.address}/bench` });
    await lab.run('deploy', '--repository', lab.repository, '-n', String(units), 'web');
    const counted: Traffic[] = [];
    const alone: Traffic[] = [];
    for (let turn = 0; turn < (quick ? 2 : 5); turn += 1)
      for (const [into, which] of [
        [counted, ['--strategy', 'all']],
        [alone, ['--unit', 'web/0']],
      ] as const) {
        await idle(agent.pid);
        await writeFormula(lab.repository, 'web', 2 + 2 * turn + (into === alone ? 1 : 0));
        counter.take();
        await lab.run('upgrade-formula', ...which, 'web');
        // Writes that are only mirrored may come after the last unit is done.
        await idle(agent.pid);
        into.push(counter.take());
      }
    await lab.close();
    return {
      rows: [...rows(`of ${units} units together`, counted, units), ...rows('of one unit', alone, 1)],
    };
  },
};

function rows(which: string, counted: readonly Traffic[], units: number): readonly Row[] {
  const per = (count: (traffic: Traffic) => number) => sampleOf(counted.map((each) => count(each) / units));
  const row = (
    what: string,
    requests: (traffic: Traffic) => number,
    nodes: (traffic: Traffic) => number,
    bound: string,
  ): Row => {
    const { median, least, most } = per(requests);
    return {
      what: `${what} of the agent per unit, upgrade ${which}`,
      against: '–',
      figure: `${median.toFixed(2)} requests, ${per(nodes).median.toFixed(2)} nodes in them`,
      value: median,
      range: [least, most],
      aim: 4,
      bound,
    };
  };
  const bytes = per(({ bytesToServer, bytesToClients }) => bytesToServer + bytesToClients);
  return [
    row(
      'writes',
      ({ writes }) => writes,
      ({ nodesWritten }) => nodesWritten,
      "the steps that are mirrored into the unit's status, the commit, and the unit's history",
    ),
    row(
      'reads',
      ({ reads }) => reads,
      ({ nodesRead }) => nodesRead,
      `that there is a request, and which one${units === 1 ? '; for all units of a machine together, the service and the formula' : ', each of many units in one request, and the watches on them in another'}`,
    ),
    {
      what: `traffic of the agent per unit, upgrade ${which}`,
      against: '–',
      figure: `${(bytes.median / 1_000).toFixed(1)} KB both ways`,
      value: bytes.median,
      range: [bytes.least, bytes.most],
    },
  ];
}
