import assert from 'node:assert/strict';
import { readNewer } from '../../state/model/newer.js';
import { paths } from '../../state/model/paths.js';
import { useSandbox } from '../cli/sandbox.js';
import { eventually } from '../eventually.js';
import { startWatcherProcess } from './watcher-process.js';

describe('ensemble-watcher', function () {
  this.timeout(120_000);
  const world = useSandbox();

  async function deployed(): Promise<void> {
    await world.box.formula('guestbook', 1);
    await world.box.bootstrap();
    await world.box.ok('deploy', '--repository', world.box.repository, '-n', '0', 'guestbook');
    await world.box.formula('guestbook', 2);
  }

  it('--once looks once, and tells in the state what is newer', async () => {
    await deployed();
    const { code, stdout, stderr } = await startWatcherProcess(world.box, ['--once']).ended;
    assert.deepEqual([code, stderr], [0, ''], stdout);
    const tree = await world.box.coordinator();
    const service = { service: 'guestbook', formula: 'principia:guestbook-1' };
    assert.equal((await readNewer(tree, service, Date.now()))?.eligible, 2);
    const { stdout: shown } = await world.box.ok('watcher', 'status', '--format', 'json');
    const { state, leads, lastPassAt, host } = JSON.parse(shown);
    assert.deepEqual(
      [state, leads, typeof lastPassAt, typeof host],
      ['ended', false, 'string', 'string'],
      'it looked, and is there no more',
    );
    const { version } = (await tree.get(paths.newer('guestbook'))) ?? {};
    assert.equal((await startWatcherProcess(world.box, ['--once']).ended).code, 0);
    const again = await tree.get(paths.newer('guestbook'));
    assert.equal(again?.version, version, 'what did not change is not written again');
  });

  it('--once says that another one leads, and the command that shows which', async () => {
    await deployed();
    const first = startWatcherProcess(world.box, ['--period', '1h']);
    try {
      await eventually(() => assert.match(first.log(), /"message":"watches"/));
      const { code, stderr } = await startWatcherProcess(world.box, ['--once']).ended;
      assert.equal(code, 1);
      assert.match(
        stderr,
        /another watcher looks after local, so this one does not\n {2}try: ensemble watcher status/,
      );
      const { stdout } = await world.box.ok('watcher', 'status', '--format', 'json');
      assert.equal(JSON.parse(stdout).pid, first.process.pid);
    } finally {
      first.process.kill('SIGTERM');
      await first.ended;
    }
  });

  it('stands by while another one leads, and takes over when that ends', async () => {
    await deployed();
    const first = startWatcherProcess(world.box, ['--period', '1h']);
    await eventually(() => assert.match(first.log(), /"message":"watches"/));
    const second = startWatcherProcess(world.box, ['--period', '1h']);
    try {
      await eventually(() => assert.match(second.log(), /stands by/));
      assert.doesNotMatch(second.log(), /"message":"watches"/);
      first.process.kill('SIGTERM');
      assert.equal((await first.ended).code, 0);
      await eventually(() => assert.match(second.log(), /"message":"watches"/));
    } finally {
      first.process.kill('SIGKILL');
      second.process.kill('SIGTERM');
      assert.equal((await second.ended).code, 0);
    }
  });
});
