import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { RepositoryUnavailable } from '../../state/formula/errors.js';
import { faultOf } from '../../watcher/core/fault.js';
import { reportFailures } from '../../watcher/pass/pass-reports.js';
import { FormulaNotPublished } from '../../state/model/errors.js';
import { systemClock } from '../../state/platform/clock.js';
import type { Report } from '../../watcher/contract/report.js';
import { useWatchedWorld } from './watched-world.js';

describe('a repository that fails', function () {
  this.timeout(120_000);
  const at = useWatchedWorld();

  it('is reported once, however many services came from there', async () => {
    const { world } = at;
    const environment = await world.environment();
    const { coordinator } = environment;
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    await world.formula('one/f', 'f', 1);
    await world.services(
      coordinator,
      Array.from({ length: 1_000 }, (_, index) => ({
        name: `s${index}`,
        formula: id,
        repository: world.path('one'),
      })),
    );
    const watcher = await world.watch([environment]);
    await rm(world.path('one'), { recursive: true });
    world.reports.length = 0;
    await watcher.pass();
    await watcher.pass();
    assert.deepEqual(
      world.reports.map(({ repository, service, outcome }) => [repository, service, outcome]),
      [[world.path('one'), undefined, 'failed']],
    );
  });

  it('after it was asked is reported once for all services for which it did, and others by themselves', () => {
    const reports: Report[] = [];
    const pass = {
      clock: systemClock,
      random: () => 0,
      reporter: { report: (report: Report) => void reports.push(report) },
      session: { environment: { name: 'world' } },
    };
    const away = new RepositoryUnavailable({ repository: 'https://example.com/', reason: 'it is away' });
    const other = new FormulaNotPublished({ formula: 'r:f-2' });
    const failures = Array.from({ length: 1_000 }, (_, index) => ({
      observed: {
        name: `s${index}`,
        service: { formula: 'r:f-1', repository: { name: 'r', path: 'https://example.com/' } },
      },
      error: index === 7 ? other : away,
      began: { now: 0, monotonic: 0 },
    }));
    reportFailures(pass, failures);
    assert.equal(reports.length, 2);
    assert.match(reports[0]?.found ?? '', /^it failed for 999 of them, such as s0, s1, s10, s100, s101$/);
    assert.equal(reports[0]?.service, undefined);
    assert.equal(reports[0]?.fault, faultOf(away));
    assert.equal(reports[1]?.service, 's7');
    reports.length = 0;
    reportFailures(pass, failures.slice(0, 1));
    assert.equal(reports[0]?.service, 's0', 'one that concerns one service is that service’s');
  });
});
