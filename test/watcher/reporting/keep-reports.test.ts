import assert from 'node:assert/strict';
import { paths } from '../../../state/model/paths.js';
import { ensureWatcherNodes } from '../../../state/model/watcher.js';
import { readReportLog, readReports } from '../../../state/model/watcher-reports.js';
import type { Led } from '../../../watcher/contract/led.js';
import { openLog } from '../../../watcher/contract/log.js';
import { type Report, reportId } from '../../../watcher/contract/report.js';
import { ReportKeeper } from '../../../watcher/reporting/keep-reports.js';
import { ManualClock } from '../../manual-clock.js';
import { seeded } from '../../random.js';
import { useTree } from '../../state/model/tree.js';

describe('the reports of a watcher that leads', () => {
  const tree = useTree();
  const clock = new ManualClock();
  const random = seeded(1);
  let logged: string;
  beforeEach(async () => {
    logged = '';
    await ensureWatcherNodes(tree.one);
  });

  const led = (version = 0): Led => ({
    session: {
      environment: { name: 'e', state: '', storage: '' },
      coordinator: tree.one,
      storage: () => Promise.reject(new Error('it needs none')),
    },
    guard: { kind: 'check', path: paths.watcherElection, version },
    over: new AbortController().signal,
    clock,
    random,
    log: openLog(
      (line) => {
        logged += line;
      },
      'json',
      () => clock.now(),
      false,
    ),
  });
  const report = (more: Partial<Report> = {}): Report => {
    clock.advance(60_000);
    return {
      id: reportId(clock.now(), random),
      at: new Date(clock.now()).toISOString(),
      ms: 1,
      environment: 'e',
      service: 'web',
      asked: 'a',
      found: 'f',
      did: 'd',
      outcome: 'done',
      ...more,
    };
  };
  const kept = async (): Promise<readonly unknown[]> =>
    (await readReports(tree.two, [])).map(({ outcome, times }) => [outcome, times]);

  it('are kept and logged, but for those that found nothing', async () => {
    const keeper = new ReportKeeper(led());
    const first = report({ log: 'said' });
    keeper.report(first);
    keeper.report(report({ outcome: 'nothing' }));
    keeper.report(report({ outcome: 'failed', error: 'it is away', fault: 'infrastructure' }));
    await keeper.close();
    assert.deepEqual(await kept(), [
      ['done', undefined],
      ['failed', undefined],
    ]);
    assert.equal(await readReportLog(tree.two, first.id, []), 'said');
    assert.match(logged, /"level":"warning".*"error":"it is away"/);
    assert.equal(logged.trim().split('\n').length, 2);
  });

  it('count a failure that comes again, also for the next watcher', async () => {
    const failed = { outcome: 'failed', error: 'it is away' } as const;
    const keeper = new ReportKeeper(led());
    keeper.report(report(failed));
    keeper.report(report({ ...failed, service: 'db' }));
    keeper.report(report(failed));
    await keeper.close();
    const next = new ReportKeeper(led());
    next.report(report(failed));
    await next.close();
    assert.deepEqual(await kept(), [
      ['failed', undefined],
      ['failed', 3],
    ]);
  });

  it('go by count, which the next watcher sees to', async () => {
    const keeper = new ReportKeeper(led());
    for (let count = 0; count < 505; count += 1) keeper.report(report({ service: `s${count}` }));
    await keeper.close();
    await new ReportKeeper(led()).close();
    assert.equal((await kept()).length, 500);
  });

  it('are not kept by one that was deposed, which says nothing of it', async () => {
    const keeper = new ReportKeeper(led(9));
    keeper.report(report());
    await keeper.close();
    assert.deepEqual(await kept(), []);
    assert.doesNotMatch(logged, /cannot be kept/);
  });
});
