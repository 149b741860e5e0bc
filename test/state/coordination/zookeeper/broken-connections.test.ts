import assert from 'node:assert/strict';
import { eventuallyTrue } from '../../../eventually.js';
import { startProxy, type TcpProxy } from '../../../servers/tcp-proxy.js';
import { startZookeeper, type ZookeeperServer } from '../../../servers/zookeeper.js';
import { type Client, closeClients, freshPath, open, sessionId } from './clients.js';

describe('a ZooKeeper connection that breaks', function () {
  this.timeout(120_000);
  let server: ZookeeperServer;
  let proxy: TcpProxy;
  let path: string;
  before(async () => {
    server = await startZookeeper();
  });
  after(() => server.stop());
  beforeEach(async () => {
    proxy = await startProxy(server.port);
    path = freshPath();
  });
  afterEach(async () => {
    await closeClients();
    await proxy.close();
  });

  const open3 = async (): Promise<Client> => {
    const client = await open(proxy.address, path);
    await client.create('/big', 'b'.repeat(3_000));
    await client.create('/mine', 'm', { ephemeral: true });
    return client;
  };

  for (const bytes of [0, 1, 2, 3, 4, 10, 19, 20, 1_000, 3_050]) {
    it(`cut ${bytes} bytes into an answer, goes on with the same session and repeats the reads`, async () => {
      const client = await open3();
      const session = sessionId(client);
      proxy.cutAfter(bytes);
      const read = await Promise.all(Array.from({ length: 20 }, () => client.get('/big')));
      assert.ok(read.every((node) => node?.value === 'b'.repeat(3_000)));
      assert.equal(sessionId(client), session);
      assert.equal((await client.get('/mine'))?.value, 'm');
      assert.equal(proxy.accepted, 2);
      assert.deepEqual(client.events, ['disconnected', 'connected']);
    });
  }

  it('cut at every byte of the handshake, attaches at the next try', async () => {
    for (const bytes of [0, 1, 3, 4, 5, 20, 40]) {
      proxy.cutAfter(bytes);
      const client = await open(proxy.address, path);
      assert.notEqual(await client.get('/'), undefined, `cut after ${bytes} bytes`);
    }
  });

  it('while a write waits for its answer, leaves its outcome unknown', async () => {
    const client = await open3();
    proxy.cutAfter(2);
    await assert.rejects(client.set('/big', 'x'), { code: 'outcome-unknown', path: '/big' });
    assert.deepEqual(await client.get('/big'), { value: 'x', version: 1, ephemeral: false });
  });

  it('before a write was sent, keeps the write until it can be', async () => {
    const client = await open3();
    await proxy.refuse();
    await eventuallyTrue('disconnected', () => client.events.includes('disconnected'));
    const write = client.set('/big', 'x');
    await proxy.listen();
    assert.equal(await write, 1);
  });

  it('again and again under load loses no acknowledged write and no observation', async () => {
    const client = await open3();
    const session = sessionId(client);
    await client.create('/counter', '0');
    let seen = '';
    client.observe('/counter', (node) => {
      seen = node?.value ?? '';
    });
    let acknowledged = 0;
    for (let round = 0; round < 12; round++) {
      proxy.cutAfter(37 * round + 1);
      const writes = Array.from({ length: 10 }, (_, at) => client.set('/counter', `${round}-${at}`));
      const outcomes = await Promise.allSettled(writes);
      acknowledged += outcomes.filter(({ status }) => status === 'fulfilled').length;
      const codes = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason.code] : [],
      );
      assert.ok(codes.every((code) => code === 'outcome-unknown'));
    }
    const version = await client.set('/counter', 'end');
    assert.ok(version >= acknowledged + 1, `version ${version} after ${acknowledged} acknowledged writes`);
    await eventuallyTrue('the last value is seen', () => seen === 'end');
    assert.equal(sessionId(client), session);
  });

  it('shows observers what changed meanwhile, and nothing twice', async () => {
    const client = await open3();
    const other = await open(server.address, path);
    const values: (string | undefined)[] = [];
    const names: string[] = [];
    client.observe('/big', (node) => values.push(node?.value));
    client.observe('/missing', (node) => values.push(node?.value ?? 'absent'));
    client.observeChildren('/', (children) => names.push(children?.join() ?? 'absent'));
    await eventuallyTrue('first looks', () => values.length === 2 && names.length === 1);
    proxy.drop();
    await eventuallyTrue('back', () => client.events.includes('connected'));
    await client.get('/');
    assert.equal(values.length, 2, 'what did not change is not told again');
    await proxy.refuse();
    await other.set('/big', 'changed');
    await other.create('/missing', 'here');
    await proxy.listen();
    await eventuallyTrue('all is seen', () => values.length === 4 && names.length === 2);
    assert.deepEqual(values.slice(2).toSorted(), ['changed', 'here']);
    assert.deepEqual(names, ['big,mine', 'big,mine,missing']);
    await other.set('/big', 'again');
    await eventuallyTrue('watches stand again', () => values.at(-1) === 'again');
  });

  it('because its server was killed is made again when the server is back, with session and ephemerals', async () => {
    const client = await open(server.address, path, { sessionTimeout: 8_000 });
    await client.create('/mine', 'm', { ephemeral: true });
    const session = sessionId(client);
    let seen = '';
    client.observe('/mine', (node) => {
      seen = node?.value ?? 'absent';
    });
    await eventuallyTrue('the first look', () => seen === 'm');
    await server.kill();
    const write = client.set('/mine', 'after');
    await server.start();
    const outcome = await write.catch((error) => error.code);
    assert.ok(outcome === 1 || outcome === 'outcome-unknown');
    await client.set('/mine', 'last');
    await eventuallyTrue('it is seen', () => seen === 'last');
    assert.equal(sessionId(client), session);
    assert.deepEqual(client.events, ['disconnected', 'connected']);
  });

  it('with requests that time out meanwhile says why, and for the rest goes on', async () => {
    const client = await open(proxy.address, path, { requestTimeout: 1_500, sessionTimeout: 4_000 });
    await client.create('/a', '');
    await proxy.refuse();
    await eventuallyTrue('disconnected', () => client.events.includes('disconnected'));
    const asked = performance.now();
    await assert.rejects(client.get('/a'), (error: Error) => {
      assert.match(error.message, new RegExp(`${proxy.address}.* refused the connection`));
      return 'code' in error && error.code === 'coordinator-unreachable';
    });
    assert.ok(performance.now() - asked < 15_000);
    await proxy.listen();
    await eventuallyTrue('back', () => client.events.at(-1) === 'connected');
    assert.notEqual(await client.get('/a'), undefined);
  });

  it('an exception in an observer is the caller’s, and hurts no other request', async () => {
    const client = await open3();
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const caught: unknown[] = [];
    process.on('uncaughtException', (error) => caught.push(error));
    try {
      const bug = new Error('a bug of the caller');
      const seen: (string | undefined)[] = [];
      client.observe('/big', () => {
        throw bug;
      });
      client.observe('/big', (node) => seen.push(node?.value));
      await Promise.all(Array.from({ length: 50 }, () => client.get('/big')));
      await client.set('/big', '1');
      await eventuallyTrue('the other observer goes on', () => seen.at(-1) === '1');
      await eventuallyTrue('it was thrown for each look', () => caught.length === 2);
      assert.deepEqual(caught, [bug, bug]);
      assert.deepEqual(client.events, []);
    } finally {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    }
  });
});
