import assert from 'node:assert/strict';
import {
  boundedLog,
  boundedReport,
  isSameAgain,
  reportsToPrune,
  type WatcherReport,
  withoutPasswords,
} from '../../../state/model/watcher-report.js';

const NOW = Date.UTC(2026, 0, 31);
const DAY = 86_400_000;
const ago = (days: number): string => new Date(NOW - days * DAY).toISOString();

const report = (id: string, days: number, more: Partial<WatcherReport> = {}): WatcherReport => ({
  id,
  at: ago(days),
  ms: 5,
  environment: 'e',
  service: 'web',
  asked: 'a',
  found: 'f',
  did: 'd',
  outcome: 'done',
  ...more,
});

describe('which reports of the watcher go', () => {
  const rows: readonly {
    readonly name: string;
    readonly reports: readonly WatcherReport[];
    readonly count?: number;
    readonly services?: readonly string[];
    readonly go: readonly string[];
  }[] = [
    { name: 'none of a few that are young', reports: [report('a', 1), report('b', 2)], go: [] },
    {
      name: 'those that are too old, but for the last success and the last failure of each service',
      reports: [
        report('old-success', 21),
        report('last-success', 20),
        report('old-failure', 19, { outcome: 'failed' }),
        report('last-failure', 18, { outcome: 'failed' }),
        report('of-another', 30, { service: 'db' }),
      ],
      go: ['old-failure', 'old-success'],
    },
    {
      name: 'the oldest of too many, whatever their age',
      reports: [
        report('a', 4, { outcome: 'deferred' }),
        report('b', 3, { outcome: 'deferred' }),
        report('c', 2, { outcome: 'deferred' }),
        report('last', 5),
      ],
      count: 2,
      go: ['a'],
    },
    {
      name: 'what was last of a service that is gone, as all others do',
      reports: [report('a', 20, { service: 'gone' })],
      go: ['a'],
    },
    {
      name: 'none that was counted again lately',
      reports: [report('a', 20, { outcome: 'deferred', last: ago(1) })],
      go: [],
    },
    {
      name: 'those of a repository by age, as nothing is last of it',
      reports: [{ ...report('a', 20), service: undefined, repository: 'r' }],
      go: ['a'],
    },
    {
      name: 'one whose time cannot be read',
      reports: [report('a', 1, { at: 'yesterday', outcome: 'deferred' })],
      go: ['a'],
    },
  ];
  for (const { name, reports, count = 100, services = ['web', 'db'], go } of rows)
    it(name, () => {
      const gone = reportsToPrune(reports, new Set(services), NOW, { age: 14 * DAY, count });
      assert.deepEqual(gone.map(({ id }) => id).sort(), go);
    });
});

describe('a report of the watcher', () => {
  it('is bounded, and says nobody’s password', () => {
    const bounded = boundedReport(
      report('a', 1, { asked: 'x'.repeat(10_000), error: 'git+https://ann:s3cret@host/r.git is away' }),
    );
    assert.equal(bounded.asked.length, 2_001);
    assert.equal(bounded.error, 'git+https://host/r.git is away');
  });

  it('keeps the beginning and the end of a long log', () => {
    const log = boundedLog(`first ${'x'.repeat(1_000_000)} last`);
    assert.ok(log.length < 70_000);
    assert.match(log, /^first x/);
    assert.match(log, /characters are left out/);
    assert.match(log, /x last$/);
    assert.equal(boundedLog('https://t@h/ short'), 'https://h/ short');
  });

  it('leaves text without a URL as it is', () => {
    assert.equal(withoutPasswords('ann@host: a/b@c, mail:x@y'), 'ann@host: a/b@c, mail:x@y');
  });

  it('counts the same failure, and nothing that was done', () => {
    const failed = report('a', 1, { outcome: 'failed', error: 'e' });
    assert.equal(isSameAgain(failed, { ...failed, id: 'b', at: ago(0), ms: 9 }), true);
    assert.equal(isSameAgain(failed, { ...failed, error: 'another' }), false);
    assert.equal(isSameAgain(report('a', 1), report('b', 0)), false);
  });
});
