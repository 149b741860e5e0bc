import assert from 'node:assert/strict';
import { reportsLines } from '../../../cli/watching/report-lines.js';
import { ReportNotFound } from '../../../control/watching/errors.js';
import { chosenReports, requireReport } from '../../../control/watching/read-reports.js';
import { NodeNotFound, VersionConflict } from '../../../state/coordination/errors.js';
import type { Problem } from '../../../state/model/entity.js';
import { ServiceNotFound } from '../../../state/model/errors.js';
import { paths } from '../../../state/model/paths.js';
import type { WatcherReport } from '../../../state/model/watcher-report.js';
import { isDeposed, keepReport, pruneReports } from '../../../state/model/watcher-reports.js';
import { ensureWatcherNodes } from '../../../state/model/watcher.js';
import { createService } from '../../../state/model/services.js';
import { useTree } from '../../state/model/tree.js';

const START = Date.UTC(2026, 0, 31);

const report = (minute: number, more: Partial<WatcherReport> = {}): WatcherReport => ({
  id: `r${minute}`,
  at: new Date(START + minute * 60_000).toISOString(),
  ms: 5,
  environment: 'e',
  service: 'web',
  asked: 'a',
  found: 'f',
  did: 'd',
  outcome: 'done',
  ...more,
});

describe('the reports of the watcher', () => {
  const tree = useTree();
  beforeEach(() => ensureWatcherNodes(tree.one));
  const ids = async (request: Parameters<typeof chosenReports>[1] = {}): Promise<readonly string[]> => {
    const problems: Problem[] = [];
    const { reports } = await chosenReports({ coordinator: tree.one }, request, problems);
    assert.deepEqual(problems, []);
    return reports.map(({ id }) => id);
  };

  it('are read in order, by service, by failure and by time', async () => {
    await keepReport({ coordinator: tree.one }, report(2, { outcome: 'failed', service: 'db' }));
    await keepReport({ coordinator: tree.one }, report(1));
    await keepReport({ coordinator: tree.one }, report(3, { outcome: 'failed' }));
    assert.deepEqual(await ids(), ['r1', 'r2', 'r3']);
    assert.deepEqual(await ids({ service: 'web' }), ['r1', 'r3']);
    assert.deepEqual(await ids({ failed: true }), ['r2', 'r3']);
    assert.deepEqual(await ids({ since: START + 120_000 }), ['r2', 'r3']);
    assert.deepEqual(await ids({ service: 'web', failed: true, since: START }), ['r3']);
    await assert.rejects(ids({ service: 'nobody' }), ServiceNotFound);
  });

  it('of a service are those of its repository too, where that failed for all that came from there', async () => {
    const write = { coordinator: tree.one };
    const place = { name: 'r', path: 'https://example.com/formulas/' };
    await createService(tree.one, 'web', { formula: 'r:f-1', repository: place }, {});
    const away = { service: undefined, outcome: 'failed', error: 'it is away' } as const;
    await keepReport(write, report(1));
    // As another service spells it.
    await keepReport(write, report(2, { ...away, repository: 'https://example.com/formulas' }));
    await keepReport(write, report(3, { ...away, repository: 'https://example.com/others/' }));
    await keepReport(write, report(4, { ...away, outcome: 'done', repository: place.path }));
    const { reports } = await chosenReports(write, { service: 'web' }, []);
    assert.deepEqual(
      reports.map(({ id, ofRepository }) => [id, ofRepository]),
      [
        ['r1', undefined],
        ['r2', true],
      ],
    );
    assert.match(reportsLines(reports, 200).join('\n'), /its repository https:\/\/example\.com\/formulas /);
    assert.deepEqual(await ids({ service: 'web', failed: true }), ['r2']);
    assert.deepEqual(
      (await chosenReports(write, {}, [])).reports.filter(({ ofRepository }) => ofRepository === true),
      [],
    );
  });

  it('count a failure that comes again, and begin anew where another thing fails', async () => {
    const failed = { outcome: 'failed', error: 'it is away' } as const;
    const write = { coordinator: tree.one };
    let last = await keepReport(write, report(1, failed));
    last = await keepReport(write, report(2, failed), undefined, last);
    last = await keepReport(write, report(3, failed), undefined, last);
    await keepReport(write, report(4, { ...failed, error: 'it is broken' }), undefined, last);
    const { reports } = await chosenReports(write, {}, []);
    assert.deepEqual(
      reports.map(({ id, times, last: at }) => [id, times, at]),
      [
        ['r1', 3, report(3).at],
        ['r4', undefined, undefined],
      ],
    );
  });

  it('are kept anew where the one that would count it is gone', async () => {
    const failed = report(1, { outcome: 'failed' });
    await keepReport({ coordinator: tree.one }, { ...failed, id: 'r2' }, undefined, failed);
    assert.deepEqual(await ids(), ['r2']);
  });

  it('have a log, are found by the beginning of their ids, and go with their logs', async () => {
    const write = { coordinator: tree.one };
    await keepReport(write, report(1, { service: 'gone' }), 'line one\nline two');
    await keepReport(write, report(2));
    assert.equal((await requireReport(write, 'r1', [])).log, 'line one\nline two');
    assert.equal((await requireReport(write, 'r2', [])).log, undefined);
    await assert.rejects(requireReport(write, 'r', []), /several reports .* begin with r: r1, r2/);
    await assert.rejects(requireReport(write, 'x', []), ReportNotFound);
    const left = await pruneReports(write, START + 30 * 86_400_000);
    assert.deepEqual(left, []);
    assert.deepEqual(await tree.one.children(paths.watcherReports), []);
  });

  it('are written by nobody whose leadership is over', async () => {
    const guard = { kind: 'check', path: paths.services, version: 7 } as const;
    const write = { coordinator: tree.one, guard };
    await assert.rejects(keepReport(write, report(1)), (error) => isDeposed(error, guard));
    assert.deepEqual(await ids(), []);
    assert.equal(isDeposed(new VersionConflict({ path: '/other' }), guard), false);
    assert.equal(isDeposed(new NodeNotFound({ path: paths.services }), guard), false);
  });

  it('that cannot be read hide no other', async () => {
    await keepReport({ coordinator: tree.one }, report(1));
    await tree.one.create(paths.watcherReport('bad'), 'no json');
    const problems: Problem[] = [];
    const { reports } = await chosenReports({ coordinator: tree.one }, {}, problems);
    assert.deepEqual(
      reports.map(({ id }) => id),
      ['r1'],
    );
    assert.equal(problems[0]?.path, paths.watcherReport('bad'));
  });
});
