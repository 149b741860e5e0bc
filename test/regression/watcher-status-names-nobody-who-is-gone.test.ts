import assert from 'node:assert/strict';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { ensureWatcherNodes } from '../../state/model/watcher.js';
import { useSandbox } from '../cli/sandbox.js';

describe('the status of the watcher', function () {
  this.timeout(120_000);
  const world = useSandbox();

  it('says that nobody watches, where the one that did is gone, as after an import', async () => {
    const { box } = world;
    await box.bootstrap();
    const tree = await box.coordinator();
    await ensureWatcherNodes(tree);
    const now = new Date().toISOString();
    const last = {
      host: 'a',
      pid: 7,
      version: '1',
      period: 60_000,
      since: now,
      lastPassAt: now,
      lastPassMs: 5,
    };
    await tree.create(paths.watcherState, nodeValue(last));
    const shown = async () => {
      const { state, leads } = JSON.parse((await box.ok('watcher', 'status', '--format', 'json')).stdout);
      const [first, second] = (await box.ok('watcher', 'status')).stdout.split('\n');
      return { state, leads, first, second };
    };
    assert.deepEqual(await shown(), {
      state: 'ended',
      leads: false,
      first: 'watcher: ended; nobody watches now, the last one did on a (pid 7, version 1)',
      second: 'start a watcher on any machine: ensemble-watcher',
    });
    await box.ok('watcher', 'pause');
    assert.match((await shown()).first ?? '', /^watcher: paused; nobody watches now, the last one did on a /);
    await box.ok('watcher', 'resume');
    await tree.create(paths.watcherLeader, '{}', { ephemeral: true });
    const { state, leads, first } = await shown();
    assert.deepEqual([state, leads, first], ['watching', true, 'watcher: watching, on a (pid 7, version 1)']);
  });

  it('names no process where it was paused before any ran', async () => {
    await world.box.bootstrap();
    await world.box.ok('watcher', 'pause');
    assert.match((await world.box.ok('watcher', 'status')).stdout, /^watcher: paused; none ever ran here\n/);
  });
});
