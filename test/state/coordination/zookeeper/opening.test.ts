import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import type { CoordinatorOptions } from '../../../../state/coordination/coordinator.js';
import { eventuallyTrue } from '../../../eventually.js';
import { freePorts } from '../../../servers/free-ports.js';
import { startProxy } from '../../../servers/tcp-proxy.js';
import { startZookeeper, type ZookeeperServer } from '../../../servers/zookeeper.js';
import { closeClients, freshPath, open } from './clients.js';

/** Runs `body`, with `open` from the engine, in a process of its own; resolves with what it printed when it ended. */
async function run(body: string): Promise<string> {
  const engine = new URL('../../../../state/coordination/zookeeper/open.js', import.meta.url);
  const program = `import { openZookeeper as open } from ${JSON.stringify(engine)};${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 10_000,
    killSignal: 'SIGKILL',
  });
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  assert.equal(code, 0, `it ended by itself: ${printed}`);
  return printed;
}

describe('opening and closing ZooKeeper', function () {
  this.timeout(120_000);
  let server: ZookeeperServer;
  before(async () => {
    server = await startZookeeper();
  });
  after(() => server.stop());
  afterEach(closeClients);

  it('creates the environment’s path, however deep, and finds it there the next time', async () => {
    const path = `${freshPath()}/deeper/and/deeper`;
    const [one, two] = await Promise.all([open(server.address, path), open(server.address, path)]);
    await one.create('/a', 'x');
    assert.equal((await two.get('/a'))?.value, 'x');
    const above = await open(server.address, path.slice(0, path.lastIndexOf('/')));
    assert.deepEqual(await above.children('/'), ['deeper']);
  });

  it('works in the server’s own root, without showing ZooKeeper’s own node', async () => {
    const client = await open(server.address, '/');
    const names: (readonly string[] | undefined)[] = [];
    client.observeChildren('/', (children) => names.push(children));
    await client.create('/in-root', 'x');
    assert.equal((await client.get('/in-root'))?.value, 'x');
    await eventuallyTrue('seen', () => names.at(-1)?.includes('in-root') === true);
    assert.ok(!names.flat().includes('zookeeper'));
    assert.ok(!(await client.children('/'))?.includes('zookeeper'));
    await client.remove('/in-root');
  });

  it('where nobody listens fails in bounded time and names every server and why', async () => {
    const [one, two] = await freePorts(2);
    const servers = `127.0.0.1:${one},127.0.0.1:${two}`;
    const since = performance.now();
    await assert.rejects(open(servers, '/path', { requestTimeout: 700 }), (error: Error) => {
      assert.ok(error.message.startsWith(`the coordinator zookeeper://${servers}/path cannot be reached: `));
      assert.ok(error.message.includes(`127.0.0.1:${one} refused the connection`));
      assert.ok(error.message.includes(`127.0.0.1:${two} refused the connection`));
      return 'code' in error && error.code === 'coordinator-unreachable';
    });
    assert.ok(performance.now() - since < 5_000);
  });

  it('where the name is unknown says so', async () => {
    await assert.rejects(open('no-such-host.invalid', '/', { requestTimeout: 1_000 }), {
      code: 'coordinator-unreachable',
      reason: 'no-such-host.invalid:2181 has a name that cannot be resolved',
    });
  });

  it('where something else than ZooKeeper answers says so', async () => {
    const proxy = await startProxy(server.port);
    proxy.rewrite(() => Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
    try {
      await assert.rejects(open(proxy.address, '/', { requestTimeout: 500 }), {
        code: 'coordinator-unreachable',
        reason: `${proxy.address} sent what is not ZooKeeper’s protocol`,
      });
    } finally {
      await proxy.close();
    }
  });

  it('uses the server of a list that answers', async () => {
    const dead = (await freePorts(3)).map((port) => `127.0.0.1:${port}`);
    const since = performance.now();
    const client = await open([...dead, server.address].join(), freshPath());
    assert.notEqual(await client.get('/'), undefined);
    assert.ok(performance.now() - since < 5_000);
  });

  it('reaches a server by its IPv6 address in brackets', async function () {
    const proxy = createServer((client) => {
      const target = connect(server.port, '127.0.0.1');
      client.pipe(target).pipe(client);
      for (const socket of [client, target]) socket.on('error', () => {});
    });
    try {
      proxy.listen(0, '::1');
      await once(proxy, 'listening');
    } catch {
      return this.skip();
    }
    const client = await open(`[::1]:${(proxy.address() as AddressInfo).port}`, freshPath());
    assert.notEqual(await client.get('/'), undefined);
    await client.close();
    await new Promise((closed) => proxy.close(closed));
  });

  it('without a request timeout opens at once and waits for the server to come', async () => {
    const proxy = await startProxy(server.port);
    await proxy.refuse();
    const client = await open(proxy.address, freshPath(), { requestTimeout: Number.POSITIVE_INFINITY });
    assert.equal(client.savedSession(), '');
    const read = client.get('/');
    await proxy.listen();
    assert.notEqual(await read, undefined);
    assert.deepEqual(client.events, ['connected']);
    await client.close();
    await proxy.close();
  });

  it('closes before a connection stands, twice, and refuses what waited', async () => {
    const [nobody] = await freePorts(1);
    for (const options of [{}, { keepSession: true }]) {
      const client = await open(`127.0.0.1:${nobody}`, '/', { requestTimeout: Number.POSITIVE_INFINITY });
      const read = client.get('/');
      const refused = assert.rejects(read, { code: 'coordinator-unreachable', reason: 'it was closed' });
      await Promise.all([client.close(options), client.close()]);
      await refused;
    }
  });

  const ends: readonly [string, string, CoordinatorOptions, string][] = [
    ['closed after work', 'await c.create("/e", "", {ephemeral: true}); await c.close();', {}, ''],
    ['closed with the session kept', 'await c.close({keepSession: true});', {}, ''],
    [
      'closed with observers and requests under way',
      'c.observe("/", () => {}); c.get("/"); await c.close();',
      {},
      '',
    ],
    [
      'closed before a connection stood',
      'const g = c.get("/").catch(() => {}); await c.close(); await g;',
      { sessionTimeout: 20_000 },
      'dead',
    ],
  ];
  for (const [title, body, options, where] of ends) {
    it(`a process ends by itself when its client was ${title}`, async () => {
      const [nobody] = await freePorts(1);
      const address = where === 'dead' ? `127.0.0.1:${nobody}` : server.address;
      const wait = where === 'dead' ? 'requestTimeout: Infinity,' : '';
      const rest = JSON.stringify(options);
      const url = JSON.stringify(`zookeeper://${address}${freshPath()}`);
      const since = performance.now();
      const printed = await run(
        `process.on('unhandledRejection', () => {});
        const c = await open(${url}, {${wait} ...${rest}}); ${body} console.log('closed');`,
      );
      assert.equal(printed, 'closed\n');
      assert.ok(performance.now() - since < 5_000);
    });
  }

  it('a process ends by itself when opening failed', async () => {
    const [nobody] = await freePorts(1);
    const printed = await run(
      `try { await open('zookeeper://127.0.0.1:${nobody}', {requestTimeout: 300}); }
      catch (error) { console.log(error.code); }`,
    );
    assert.equal(printed, 'coordinator-unreachable\n');
  });

  it('closing a client whose server is mute takes bounded time', async () => {
    const proxy = await startProxy(server.port);
    const client = await open(proxy.address, freshPath(), { sessionTimeout: 10_000 });
    proxy.mute();
    const since = performance.now();
    await client.close();
    assert.ok(performance.now() - since < 6_000);
    await proxy.close();
  });
});
