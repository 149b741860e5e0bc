import assert from 'node:assert/strict';
import { eventuallyTrue } from '../../../eventually.js';
import { startProxy, type TcpProxy } from '../../../servers/tcp-proxy.js';
import { startZookeeper, type ZookeeperServer } from '../../../servers/zookeeper.js';
import { closeClients, freshPath, open, sessionId } from './clients.js';

const SESSION = 3_000;
/** Detection may take two thirds of the session; timers and a loaded machine are granted most of the rest. */
const DETECTION = (SESSION * 2) / 3 + 900;

describe('a ZooKeeper server that goes mute', function () {
  this.timeout(120_000);
  let server: ZookeeperServer;
  let proxies: TcpProxy[];
  let path: string;
  before(async () => {
    server = await startZookeeper();
  });
  after(() => server.stop());
  beforeEach(async () => {
    proxies = await Promise.all([startProxy(server.port), startProxy(server.port)]);
    path = freshPath();
  });
  afterEach(async () => {
    server.resume();
    await closeClients();
    await Promise.all(proxies.map((proxy) => proxy.close()));
  });

  /** Leaves the order of servers as the URL has it: a shuffle sorts by these. */
  const inOrder = (): (() => number) => {
    let last = 0;
    return () => {
      last += 0.001;
      return last;
    };
  };

  it('is left within two thirds of the session, for another, with the same session', async () => {
    const [first, second] = proxies;
    assert.ok(first && second);
    const both = `${first.address},${second.address}`;
    const client = await open(both, path, { sessionTimeout: SESSION, random: inOrder() });
    await client.create('/mine', 'm', { ephemeral: true });
    const session = sessionId(client);
    assert.deepEqual([first.accepted, second.accepted], [1, 0]);
    first.mute();
    const since = performance.now();
    await eventuallyTrue('it is noticed', () => client.events.includes('disconnected'));
    const noticed = performance.now() - since;
    assert.equal((await client.get('/mine'))?.value, 'm');
    const answered = performance.now() - since;
    process.stdout.write(
      `      noticed after ${Math.round(noticed)} ms, answered after ${Math.round(answered)} ms\n`,
    );
    assert.ok(noticed > SESSION / 3 && noticed < DETECTION, `noticed after ${noticed} ms`);
    assert.equal(sessionId(client), session);
    assert.deepEqual(client.events, ['disconnected', 'connected']);
  });

  it('stopped for a moment and continued keeps its session', async () => {
    const client = await open(server.address, path, { sessionTimeout: SESSION });
    await client.create('/mine', 'm', { ephemeral: true });
    const session = sessionId(client);
    server.pause();
    const since = performance.now();
    const read = client.get('/mine');
    await eventuallyTrue('it is noticed', () => client.events.includes('disconnected'));
    assert.ok(performance.now() - since < DETECTION);
    server.resume();
    assert.equal((await read)?.value, 'm');
    await eventuallyTrue('it is back', () => client.events.at(-1) === 'connected');
    assert.equal(sessionId(client), session);
  });

  it('with a write under way leaves its outcome unknown, and does not hang', async () => {
    const client = await open(server.address, path, { sessionTimeout: SESSION });
    await client.create('/a', '0');
    server.pause();
    await assert.rejects(client.set('/a', '1'), { code: 'outcome-unknown' });
    server.resume();
    assert.notEqual(await client.get('/a'), undefined);
  });

  it('from the beginning is left for the next in the list', async () => {
    const [first, second] = proxies;
    assert.ok(first && second);
    first.mute();
    // Each of two has half of a third; the other half is for a loaded machine.
    const long = 3 * SESSION;
    const since = performance.now();
    const both = `${first.address},${second.address}`;
    const client = await open(both, path, { sessionTimeout: long, random: inOrder() });
    const took = performance.now() - since;
    process.stdout.write(`      the next one answered after ${Math.round(took)} ms\n`);
    assert.deepEqual([first.accepted, second.accepted], [1, 1]);
    assert.ok(took < long / 3, `it took ${took} ms`);
    assert.notEqual(await client.get('/'), undefined);
  });

  it('and is alone makes opening fail in bounded time, by name', async () => {
    const [mute] = proxies;
    assert.ok(mute);
    mute.mute();
    const since = performance.now();
    await assert.rejects(open(mute.address, path, { requestTimeout: 1_500 }), (error: Error) => {
      assert.match(error.message, new RegExp(`${mute.address} did not answer within`));
      return 'code' in error && error.code === 'coordinator-unreachable';
    });
    assert.ok(performance.now() - since < 4_000);
  });

  it('a quiet connection to a server that answers pings is kept', async () => {
    const client = await open(server.address, path);
    await client.create('/mine', '', { ephemeral: true });
    const other = await open(server.address, path);
    await other.create('/left-alone', '', { ephemeral: true });
    await other.close({ keepSession: true });
    let gone = false;
    client.observe('/left-alone', (node) => {
      gone = node === undefined;
    });
    await eventuallyTrue('a session that nobody keeps runs out', () => gone);
    assert.deepEqual(client.events, []);
    assert.notEqual(await client.get('/mine'), undefined);
  });

  it('a client held up by its own process for longer than the deadline does not blame the server', async () => {
    const client = await open(server.address, path, { sessionTimeout: SESSION });
    // As long computations do: nothing is read and no timer runs meanwhile.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, (SESSION * 3) / 4);
    assert.notEqual(await client.get('/'), undefined);
    assert.deepEqual(client.events, []);
  });
});
