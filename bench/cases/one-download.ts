import type { Benchmark } from '../benchmark.js';
import { writeFormula } from '../lab/formula.js';
import { type RequestLog, logRequests } from '../lab/request-log.js';
import { openSwiftLab } from '../lab/swift-lab.js';

/** How often a machine downloads a bundle that many of its units want; counted before a real Swift. */
export const oneDownload: Benchmark = {
  name: 'one-download',
  limit: 300,
  async run(quick) {
    const units = quick ? 20 : 100;
    let log: RequestLog | undefined;
    const { lab, close } = await openSwiftLab(async ({ endpoint }) => {
      log = await logRequests(endpoint);
      return log.address;
    });
    await writeFormula(lab.repository, 'web', 1);
    await lab.agent();
    await lab.run('deploy', '--repository', lab.repository, '-n', String(units), 'web');
    const counts: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      await writeFormula(lab.repository, 'web', turn + 2);
      const before = log?.requests.length ?? 0;
      await lab.run('upgrade-formula', '--strategy', 'all', 'web');
      counts.push(log?.requests.slice(before).filter((each) => each.startsWith('GET ')).length ?? 0);
    }
    await close();
    const most = Math.max(...counts);
    return {
      rows: [
        {
          what: `downloads of the bundle that ${units} units of one machine are upgraded to`,
          against: '–',
          figure: `${counts.join(', ')} in three upgrades`,
          value: most,
          range: [Math.min(...counts), most],
          aim: 1,
        },
      ],
    };
  },
};
