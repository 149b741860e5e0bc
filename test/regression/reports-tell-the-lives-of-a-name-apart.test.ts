import assert from 'node:assert/strict';
import { destroyService } from '../../control/remove/destroy-service.js';
import { chosenReports, requireReport } from '../../control/watching/read-reports.js';
import { reportLines, reportsLines } from '../../cli/watching/report-lines.js';
import { keepReport, readReports } from '../../state/model/watcher-reports.js';
import { useWatchedWorld } from '../watcher/watched-world.js';

const BY = { requestedAt: '2026-01-01T00:00:00Z', by: 'ann@a' };

describe('reports of the watcher about a service whose name is used again', function () {
  this.timeout(120_000);
  const at = useWatchedWorld();

  it('say which are about the earlier one, and are not counted together', async () => {
    const { world } = at;
    const environment = await world.environment();
    const { coordinator } = environment;
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    await world.formula('one/f-2', 'f', 2);
    await world.service(coordinator, 's', id, world.path('one'));
    const watcher = await world.watch([environment]);
    await destroyService(coordinator, 's', BY);
    await world.service(coordinator, 's', id, world.path('one'));
    await watcher.pass();
    for (const report of world.reports)
      await keepReport(
        { coordinator },
        { ...report, outcome: 'deferred' },
        undefined,
        (await readReports(coordinator, [])).at(-1),
      );

    const { reports } = await chosenReports({ coordinator }, { service: 's' }, []);
    assert.deepEqual(
      reports.map(({ earlierLife, times }) => [earlierLife, times]),
      [
        [true, undefined],
        [undefined, undefined],
      ],
    );
    const [, earlier = '', later = ''] = reportsLines(reports, 200);
    assert.match(earlier, / s \(an earlier one\) /);
    assert.doesNotMatch(later, /earlier/);
    const { report } = await requireReport({ coordinator }, reports[0]?.id ?? '', []);
    assert.ok(reportLines(report, false).some((line) => /^service +s \(an earlier one\)$/.test(line)));
    await destroyService(coordinator, 's', BY);
    const { reports: left } = await chosenReports({ coordinator }, { service: 's' }, []);
    assert.deepEqual(
      left.map(({ earlierLife }) => earlierLife),
      [undefined, undefined],
    );
  });
});
