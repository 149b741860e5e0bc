import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { StateLocked } from '../../../../state/coordination/errors.js';
import { eventuallyTrue } from '../../../eventually.js';
import { suspend } from '../../../suspend.js';
import { act, endActors } from './acting.js';
import { StoreDirectory } from './directory.js';

describe('the embedded store, when processes are killed and stopped', () => {
  let directory: StoreDirectory;
  beforeEach(async () => {
    directory = await StoreDirectory.make();
  });
  afterEach(async () => {
    await endActors();
    await directory.remove();
  });

  it('a thousand transactions committed together are all there once they were acknowledged', async () => {
    const writer = act('pairs', directory.url, 1_000);
    await eventuallyTrue('all are acknowledged', () => writer.lines.length === 1_001);
    writer.kill('SIGKILL');
    await writer.ended;
    const client = await directory.open();
    assert.equal((await client.children('/'))?.length, 2_000);
  });

  for (const acknowledged of [1, 40, 300, 700]) {
    it(`a writer killed after ${acknowledged} of them loses none of those, and leaves no half of one`, async () => {
      const writer = act('pairs', directory.url, 5_000);
      await eventuallyTrue('it is under way', () => writer.lines.length > acknowledged);
      writer.kill('SIGKILL');
      await writer.ended;
      const client = await directory.open();
      const names = new Set(await client.children('/'));
      for (const n of writer.lines.slice(1)) assert.ok(names.has(`left-${n}`), `left-${n} was acknowledged`);
      for (const name of names) {
        const twin = name.startsWith('left') ? name.replace('left', 'right') : name.replace('right', 'left');
        assert.ok(names.has(twin), `${name} without ${twin}`);
      }
      await client.create('/after', 'the store is as good as before');
    });
  }

  it('an owner stopped for longer than its lease comes back with a new session and its ephemeral', async () => {
    const client = await directory.open();
    const owner = act('own', directory.url, 400);
    await owner.said('ready');
    const seen: (string | undefined)[] = [];
    client.observe('/owned', (node) => seen.push(node?.value));
    await suspend(owner.pid, `${directory.path}/state`);
    await eventuallyTrue('it vanishes', () => seen.at(-1) === undefined && seen.length > 0);
    owner.kill('SIGCONT');
    await owner.said('expired');
    await eventuallyTrue('it comes back', () => seen.at(-1) === String(owner.pid));
  });

  it('an owner stopped for less than its lease keeps its session', async () => {
    const client = await directory.open();
    const [owner, witness] = [act('own', directory.url, 60_000), directory];
    await owner.said('ready');
    const seen: (string | undefined)[] = [];
    client.observe('/owned', (node) => seen.push(node?.value));
    await suspend(owner.pid, `${directory.path}/state`);
    const short = await witness.open({ sessionTimeout: 300 });
    await short.create('/short', '', { ephemeral: true });
    await short.close({ keepSession: true });
    await eventuallyTrue('a shorter one runs out', async () => (await client.get('/short')) === undefined);
    owner.kill('SIGCONT');
    await client.set('/owned', 'still there');
    await eventuallyTrue('the change is seen', () => seen.at(-1) === 'still there');
    assert.deepEqual(seen, [String(owner.pid), 'still there']);
    assert.deepEqual(owner.lines, ['ready']);
  });

  it('an observer stopped while the change log overflows sees the last value', async function () {
    this.timeout(120_000);
    const client = await directory.open();
    await client.create('/watched', 'first');
    const watcher = act('watch', directory.url);
    await watcher.said('first');
    await suspend(watcher.pid, `${directory.path}/state`);
    await client.set('/watched', 'last');
    await client.create('/last', '');
    // More changes than the log keeps, of another node: nothing in the log tells of those two any more.
    await client.create('/other', '');
    await Promise.all(Array.from({ length: 10_100 }, () => client.set('/other', '')));
    watcher.kill('SIGCONT');
    await watcher.said('last');
    await watcher.said('[3]');
  });

  it('a process that keeps the store locked costs requests their time limit, and they are not made later', async () => {
    const patient = await directory.open();
    await patient.create('/before', '');
    const client = await directory.open({ requestTimeout: 300 });
    const locker = act('lock', directory.url);
    await locker.said('locked');
    await assert.rejects(client.create('/given-up', ''), (error) => {
      assert.ok(error instanceof StateLocked);
      assert.deepEqual(error.holder, { pid: locker.pid, command: 'actor', stopped: true });
      assert.match(
        error.message,
        /embedded:.* cannot be reached: process \d+ \(actor\), which is stopped, has kept it locked for 0.3 seconds/,
      );
      return true;
    });
    assert.deepEqual(await client.children('/'), ['before'], 'reads go on');
    locker.kill('SIGCONT');
    await locker.ended;
    await patient.create('/after', '');
    assert.deepEqual(await client.children('/'), ['after', 'before']);
  });

  it('a process killed while it holds the lock leaves it to the others', async () => {
    const client = await directory.open();
    const locker = act('lock', directory.url);
    await locker.said('locked');
    const created = client.create('/a', '');
    locker.kill('SIGKILL');
    await created;
  });

  it('processes that open a new store at the same moment all get it', async () => {
    const watchers = Array.from({ length: 5 }, () => act('watch', directory.url));
    await Promise.all(watchers.map((watcher) => watcher.said('[0]')));
    const client = await directory.open();
    await client.create('/watched', 'x');
    await Promise.all(watchers.map((watcher) => watcher.said('x')));
  });

  it('a lost doorbell delays what observers see, and no more', async () => {
    const watcher = act('watch', directory.url);
    await watcher.said('[0]');
    const client = await directory.open();
    await rm(`${directory.path}/state/doorbell`);
    await client.close();
    const deaf = await directory.open();
    await deaf.create('/watched', 'seen by looking');
    await watcher.said('seen by looking');
  });
});
