import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Coordinator } from '../../../state/coordination/coordinator.js';
import { openCoordinator } from '../../../state/coordination/open.js';
import { bootstrapTree } from '../../../state/model/layout.js';
import { ensureWatcherNodes } from '../../../state/model/watcher.js';
import { readDeliveries } from '../../../state/model/watcher-deliveries.js';
import { eventually } from '../../eventually.js';
import { Receiver } from '../sinks/receiver.js';

const program = fileURLToPath(new URL('./deliver-and-die.js', import.meta.url));

describe('a watcher that is killed between a delivery and its note', function () {
  this.timeout(120_000);
  let directory: string;
  let tree: Coordinator;
  let receiver: Receiver;
  let children: ChildProcess[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-killed-'));
    tree = await openCoordinator(`embedded:${directory}`);
    await bootstrapTree(tree);
    await ensureWatcherNodes(tree);
    receiver = await Receiver.start();
    children = [];
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    await receiver.down();
    await tree.close();
    await rm(directory, { recursive: true, force: true, maxRetries: 10 });
  });

  const start = (...ids: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [program, `embedded:${directory}`, receiver.url, ...ids], {
      stdio: 'ignore',
    });
    children.push(child);
    return child;
  };

  it('leaves it to the next one, which delivers it once more by the same id', async () => {
    let first: ChildProcess | undefined;
    receiver.answer = (answer, count) => {
      // It has it, and its acknowledgement finds nobody.
      if (count === 1) first?.kill('SIGKILL');
      else answer.writeHead(200).end();
    };
    first = start('a1b2');
    await eventually(() => assert.equal(first?.signalCode, 'SIGKILL'));
    const [{ delivery } = { delivery: undefined }] = await readDeliveries(tree, []);
    assert.equal(delivery?.state, 'waiting');
    start();
    await eventually(() => assert.equal(receiver.received.length, 2));
    assert.deepEqual(
      receiver.received.map(({ headers }) => headers['idempotency-key']),
      ['a1b2', 'a1b2'],
    );
    assert.equal(receiver.received[0]?.body, receiver.received[1]?.body);
    await eventually(async () =>
      assert.equal((await readDeliveries(tree, []))[0]?.delivery.state, 'delivered'),
    );
  });
});
