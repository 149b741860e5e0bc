import assert from 'node:assert/strict';
import { paths } from '../../state/model/paths.js';
import { nodeValue } from '../../state/model/entity.js';
import { ensureWatcherNodes } from '../../state/model/watcher.js';
import { keepReport } from '../../state/model/watcher-reports.js';
import { eventually } from '../eventually.js';
import { startWatcherProcess } from '../watcher/watcher-process.js';
import { useSandbox } from './sandbox.js';

const HOUR = 3_600_000;

describe('ensemble watcher: the watcher', function () {
  this.timeout(120_000);
  const world = useSandbox();
  const status = async () => JSON.parse((await world.box.ok('watcher', 'status', '--format', 'json')).stdout);

  it('is said to be nobody where none ever ran, by commands that lead to each other', async () => {
    await world.box.bootstrap();
    assert.match((await world.box.ok('watcher', 'repositories')).stdout, /ensemble watcher status$/m);
    assert.match((await world.box.ok('watcher', 'status')).stdout, /^nobody watches/);
    assert.deepEqual(await status(), {
      state: 'never',
      repositories: { total: 0, failing: 0 },
      deliveries: { waiting: 0, dead: 0 },
    });
  });

  it('is paused and resumed, once each, and says who did so and what ends it', async () => {
    await world.box.bootstrap();
    const paused = await world.box.ok('watcher', 'pause', '--reason', 'the net');
    assert.match(paused.stderr, /is paused here, by \S+, until: ensemble watcher resume$/m);
    assert.deepEqual((await status()).paused.reason, 'the net');
    await world.box.ok('watcher', 'pause', '--reason', 'another');
    assert.deepEqual((await status()).paused.reason, 'the net');
    assert.match((await world.box.ok('watcher', 'resume')).stderr, /the watcher goes on/);
    assert.match((await world.box.ok('watcher', 'resume')).stderr, /was not paused/);
    assert.equal((await status()).paused, undefined);
    const { stdout } = await world.box.ok('history', '--format', 'json');
    const what = JSON.parse(stdout).map((entry: { what: string }) => entry.what);
    assert.deepEqual(what, ['bootstrap', 'pause-watcher', 'resume-watcher']);
  });

  it('names the command that shows which repositories cannot be asked', async () => {
    await world.box.bootstrap();
    const tree = await world.box.coordinator();
    await ensureWatcherNodes(tree);
    const long = new Date(Date.now() - HOUR).toISOString();
    const state = {
      host: 'a',
      pid: 7,
      version: '1',
      period: 60_000,
      since: long,
      lastPassAt: long,
      lastPassMs: 5,
    };
    await tree.create(paths.watcherState, nodeValue(state));
    await tree.create(paths.watcherLeader, '{}', { ephemeral: true });
    const failing = {
      location: 'https://example.com/f/',
      at: long,
      ms: 12,
      outcome: 'rate-limited',
      error: 'it answers 429',
      failures: 2,
      circuit: 'open',
      services: 3,
    };
    await tree.create(paths.watcherRepository('1'), nodeValue(failing));
    const { stdout } = await world.box.ok('watcher', 'status');
    assert.match(
      stdout,
      /^watcher: late, on a \(pid 7, version 1\)\nlast look: 60 min ago, 5 ms; every 60 s\n/,
    );
    assert.match(stdout, /1 of them cannot be asked: ensemble watcher repositories$/m);
    const shown = await world.box.ok('status');
    assert.match(
      shown.stderr,
      /the watcher looked 60 min ago for the last time, .*: ensemble watcher status$/m,
    );
    const table = await world.box.ok('watcher', 'repositories');
    assert.match(
      table.stdout,
      /^rate-limited +60 min ago +12 ms +open +3 +- +https:\/\/example.com\/f\/: it answers 429$/m,
    );
  });

  it('lists its reports, by what is asked of them, and shows one with its log', async () => {
    await world.box.bootstrap();
    assert.match((await world.box.ok('watcher', 'reports')).stdout, /has reported nothing yet/);
    const coordinator = await world.box.coordinator();
    await ensureWatcherNodes(coordinator);
    const report = {
      id: '20260101000000000-a1',
      at: '2026-01-01T00:00:00.000Z',
      ms: 1_500,
      environment: 'local',
      service: 'web',
      repository: 'git+https://ann:pass@example.com/r.git',
      asked: 'what is newer than p:web-1',
      found: 'eligible 2',
      did: 'told it in the state',
      outcome: 'done',
    };
    await keepReport({ coordinator }, report);
    const failure = {
      outcome: 'failed',
      fault: 'infrastructure',
      error: 'it does not answer',
      service: 'db',
    };
    await keepReport(
      { coordinator },
      { ...report, ...failure, id: '20260101000000001-b2' },
      'one\ntwo\u001b[2J\n',
    );
    const all = (await world.box.ok('watcher', 'reports')).stdout;
    assert.match(all, /^TIME .* WHAT\n2026-01-01T00:00:00Z .*-a1 +web +done +- .* told it in the state\n/);
    assert.match(all, /-b2 +db +failed +infrastructure +1 +1\.5 s +it does not answer$/m);
    const failed = await world.box.ok('watcher', 'reports', '--failed', '--format', 'json');
    assert.deepEqual(
      JSON.parse(failed.stdout).reports.map(({ service }: { service: string }) => service),
      ['db'],
    );
    const none = await world.box.ok('watcher', 'reports', '--service', 'web', '--failed');
    assert.match(none.stdout, /no report is like that; all that are kept: ensemble watcher reports$/m);
    const late = await world.box.ok('watcher', 'reports', '--since', '2026-01-02');
    assert.match(late.stdout, /no report is like that/);
    const one = (await world.box.ok('watcher', 'report', '20260101000000001')).stdout;
    assert.match(one, /^asked +what is newer than p:web-1$/m);
    assert.match(one, /^fault +infrastructure$/m);
    assert.match(one, /^repository +git\+https:\/\/example\.com\/r\.git$/m);
    assert.match(one, /^log +ensemble watcher report --log 20260101000000001-b2$/m);
    const log = await world.box.ok('watcher', 'report', '--log', '20260101000000001');
    assert.match(log.stdout, /^one\ntwo.\[2J\n$/);
    const bare = await world.box.ok('watcher', 'report', '--log', '20260101000000000');
    assert.match(bare.stderr, /has no log/);
  });

  it('names the commands that show what is in line, and try again what was given up', async () => {
    await world.box.bootstrap();
    assert.match(
      (await world.box.ok('watcher', 'deliveries')).stdout,
      /^all that was announced is delivered$/m,
    );
    assert.match((await world.box.ok('watcher', 'retry')).stderr, /^no announcement was given up$/m);
    const tree = await world.box.coordinator();
    await ensureWatcherNodes(tree);
    await tree.create(paths.watcherState, nodeValue({ since: new Date().toISOString(), host: 'a', pid: 7 }));
    const at = new Date(Date.now() - HOUR).toISOString();
    const delivery = (state: string, id: string): string =>
      nodeValue({
        sink: 'chat',
        queuedAt: at,
        announcement: { id, environment: 'local', service: 'web' },
        state,
        tries: 7,
        reason: 'nothing listens there',
      });
    await tree.create(paths.watcherDelivery('a1-chat'), delivery('dead', 'a1'));
    await tree.create(paths.watcherDelivery('b2-chat'), delivery('waiting', 'b2'));
    await tree.create(paths.watcherDelivery('c3-chat'), delivery('delivered', 'c3'));
    const { stdout } = await world.box.ok('watcher', 'status');
    assert.match(stdout, /^announcements in line: 1; see: ensemble watcher deliveries$/m);
    assert.match(stdout, /^announcements given up: 1; try them again with: ensemble watcher retry$/m);
    const table = (await world.box.ok('watcher', 'deliveries')).stdout;
    assert.match(table, /^60 min ago +chat +given up +7 +web +a1 +nothing listens there$/m);
    assert.match(table, /^60 min ago +chat +waiting +7 +web +b2 +nothing listens there$/m);
    assert.doesNotMatch(table, /c3/);
    const again = await world.box.ok('watcher', 'retry');
    assert.match(again.stderr, /^a1 is in line for chat again$/m);
    assert.deepEqual((await status()).deliveries, { waiting: 2, dead: 0 });
  });

  it('is asked to look at once, and says what came of it, or that nobody looks', async () => {
    await world.box.formula('guestbook', 1);
    await world.box.ok('bootstrap');
    await world.box.ok('deploy', '--repository', world.box.repository, '-n', '0', 'guestbook');
    const nobody = await world.box.run('watcher', 'check');
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /nobody looks: no watcher ever ran here, see: ensemble watcher status/);
    const watcher = startWatcherProcess(world.box, ['--period', '1h']);
    try {
      await eventually(async () => assert.equal((await status()).repositories.total, 1));
      await world.box.formula('guestbook', 2);
      const { stderr } = await world.box.ok('watcher', 'check', world.box.repository);
      assert.match(stderr, /^asked 1 repository; how they answered: ensemble watcher repositories$/m);
      const { stdout } = await world.box.ok('newer', '--format', 'json');
      assert.equal(JSON.parse(stdout).guestbook.eligible, 2);
      const other = await world.box.run('watcher', 'check', '/nowhere');
      assert.equal(other.code, 1);
      assert.match(other.stderr, /no service came from \/nowhere/);
    } finally {
      watcher.process.kill('SIGTERM');
      await watcher.ended;
    }
  });

  it('is told no more than its actions take', async () => {
    assert.equal((await world.box.run('watcher', 'status', 'more')).code, 2);
    assert.equal((await world.box.run('watcher', 'nothing')).code, 2);
    for (const [action, ...options] of [
      ['pause', '--failed'],
      ['status', '--reason', 'x'],
      ['repositories', '--log'],
      ['check', '--service', 's'],
    ]) {
      const { code, stderr } = await world.box.run('watcher', `${action}`, ...options);
      assert.equal(code, 2, `${action} ${options.join(' ')}`);
      assert.match(stderr, new RegExp(`${action} takes no ${options[0]}`));
    }
  });
});
