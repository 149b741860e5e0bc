import assert from 'node:assert/strict';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { useSandbox } from '../cli/sandbox.js';

describe('what is newer, as the watcher found it before it was paused', function () {
  this.timeout(120_000);
  const world = useSandbox();

  it('says so, and the command that asks all the same, and status names the command that ends the pause', async () => {
    const { box } = world;
    await box.formula('guestbook', 1);
    await box.bootstrap();
    await box.ok('deploy', '--repository', box.repository, '-n', '0', 'guestbook');
    const tree = await box.coordinator();
    const found = {
      at: new Date().toISOString(),
      formula: 'principia:guestbook-1',
      repository: box.repository,
      deployed: 1,
      known: true,
      eligible: null,
      questionable: null,
      urgent: null,
      candidates: [],
    };
    await tree.create(paths.newer('guestbook'), nodeValue(found));
    await box.formula('guestbook', 2);
    const newer = async (...options: readonly string[]) => {
      const { stdout, stderr } = await box.ok('newer', ...options, '--format', 'json');
      return { entry: JSON.parse(stdout).guestbook, stderr };
    };
    const before = await newer();
    assert.deepEqual([before.entry.eligible, before.entry.paused], [null, undefined]);
    assert.doesNotMatch(before.stderr, /paused/);

    await box.ok('watcher', 'pause', '--reason', 'the net');
    const { entry, stderr } = await newer();
    assert.deepEqual([entry.eligible, entry.paused.reason], [null, 'the net']);
    assert.match(
      stderr,
      /what is newer was found before the watcher was paused, \d+ s ago by \S+: ensemble newer --refresh$/m,
    );
    const asked = await newer('--refresh');
    assert.deepEqual([asked.entry.eligible, asked.entry.paused], [2, undefined]);
    assert.doesNotMatch(asked.stderr, /paused/);

    const status = await box.ok('status');
    assert.match(status.stderr, /before the watcher was paused, .*: ensemble watcher resume$/m);
    await box.ok('watcher', 'resume');
    assert.doesNotMatch((await box.ok('status')).stderr, /paused/);
  });
});
