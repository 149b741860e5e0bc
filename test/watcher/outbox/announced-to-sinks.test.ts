import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { paths } from '../../../state/model/paths.js';
import { useSandbox } from '../../cli/sandbox.js';
import { eventually } from '../../eventually.js';
import { Receiver } from '../sinks/receiver.js';
import { startWatcherProcess } from '../watcher-process.js';

describe('what is newer', function () {
  this.timeout(120_000);
  const world = useSandbox();
  const configure = (sinks: string): Promise<void> =>
    writeFile(
      join(world.box.home, 'environments.yaml'),
      `environments:
  local: {state: "embedded:./local/state", storage: "file:./local/storage"}
watcher:
  sinks: ${sinks}
`,
    );
  const deployed = async (): Promise<void> => {
    await world.box.formula('guestbook', 1);
    await world.box.ok('bootstrap');
    await world.box.ok('deploy', '--repository', world.box.repository, '-n', '0', 'guestbook');
    await world.box.formula('guestbook', 2);
  };

  it('is told once to each sink, also by a watcher that looks once and ends', async () => {
    await deployed();
    await configure('{log: {file: told.jsonl}, all: {command: [sh, -c, "cat >> $HOME/told"]}}');
    for (const round of [1, 2]) {
      const { code, stdout } = await startWatcherProcess(world.box, ['--once']).ended;
      assert.equal(code, 0, `${round}: ${stdout}`);
    }
    for (const file of [join(world.box.home, 'told.jsonl'), join(world.box.directory, 'told')]) {
      const lines = (await readFile(file, 'utf8')).trim().split('\n');
      assert.equal(lines.length, 1, file);
      const { service, environment, deployed: from, eligible, id } = JSON.parse(lines[0] ?? '');
      assert.deepEqual(
        [service, environment, from, eligible, typeof id],
        ['guestbook', 'local', 1, 2, 'string'],
      );
    }
  });

  it('is told when the receiver is back, and noted as told only once that is in line', async () => {
    await deployed();
    const receiver = await Receiver.start();
    const tree = await world.box.coordinator();
    await receiver.down();
    await configure(`{chat: {webhook: "${receiver.url}"}}`);
    assert.equal((await startWatcherProcess(world.box, ['--once']).ended).code, 0);
    const [name = ''] = (await tree.children(paths.watcherDeliveries)) ?? [];
    const delivery = JSON.parse((await tree.get(paths.watcherDelivery(name)))?.value ?? '');
    assert.deepEqual([delivery.state, delivery.reason], ['waiting', 'nothing listens there']);
    const told = JSON.parse((await tree.get(paths.watcherFingerprint('guestbook')))?.value ?? '');
    assert.equal(told.fingerprint, delivery.announcement.id);
    await receiver.up();
    const watcher = startWatcherProcess(world.box, ['--period', '1h']);
    try {
      await eventually(() => assert.equal(receiver.received.length, 1));
      assert.equal(receiver.received[0]?.headers['idempotency-key'], told.fingerprint);
    } finally {
      watcher.process.kill('SIGTERM');
      assert.equal((await watcher.ended).code, 0);
      await receiver.down();
    }
  });
});
