import assert from 'node:assert/strict';
import { eventuallyTrue } from '../../../eventually.js';
import { startProxy, type TcpProxy } from '../../../servers/tcp-proxy.js';
import { startZookeeper, type ZookeeperServer } from '../../../servers/zookeeper.js';
import { type Client, closeClients, freshPath, open, sessionId } from './clients.js';
import { endSession } from './end-session.js';

describe('a ZooKeeper session that is over', function () {
  this.timeout(120_000);
  let server: ZookeeperServer;
  let proxy: TcpProxy;
  let path: string;
  let other: Client;
  before(async () => {
    server = await startZookeeper();
  });
  after(() => server.stop());
  beforeEach(async () => {
    proxy = await startProxy(server.port);
    path = freshPath();
    other = await open(server.address, path);
  });
  afterEach(async () => {
    await closeClients();
    await proxy.close();
  });

  /** Keeps the client away from the server until its session has run out; `meanwhile` happens after that. */
  const outlast = async (client: Client, witness: string, meanwhile: () => Promise<void>): Promise<void> => {
    await proxy.refuse();
    await eventuallyTrue('it runs out', async () => (await other.get(witness)) === undefined);
    await meanwhile();
    await proxy.listen();
    await eventuallyTrue('a new one stands', () => client.events.includes('expired'));
  };

  it('is replaced: ephemerals are back before anything else is answered, observers see the last values', async () => {
    const client = await open(proxy.address, path);
    const seen: { value?: string | undefined; mine?: string | undefined; dir?: string | undefined } = {};
    await client.create('/mine', 'm', { ephemeral: true });
    await client.create('/value', '0');
    await client.create('/dir', '');
    client.observe('/value', (node) => {
      seen.value = node?.value;
    });
    client.observe('/mine', (node) => {
      seen.mine = node?.value;
    });
    client.observeChildren('/dir', (names) => {
      seen.dir = names?.join();
    });
    const before = sessionId(client);
    let waiting: Promise<unknown> = Promise.resolve();
    await outlast(client, '/mine', async () => {
      waiting = client.get('/mine');
      await other.set('/value', '1');
      await other.create('/dir/new', '');
    });
    assert.deepEqual(await waiting, { value: 'm', version: 0, ephemeral: true });
    assert.notEqual(sessionId(client), before);
    assert.deepEqual(client.events, ['disconnected', 'expired']);
    await eventuallyTrue(
      'all is seen',
      () => JSON.stringify(seen) === '{"value":"1","mine":"m","dir":"new"}',
    );
    await other.set('/value', '2');
    await eventuallyTrue('watches stand', () => seen.value === '2');
  });

  it('gives back the value that an ephemeral had last, and none that was removed', async () => {
    const client = await open(proxy.address, path);
    await client.create('/set', 'old', { ephemeral: true });
    await client.set('/set', 'new');
    await client.create('/removed', '', { ephemeral: true });
    await client.remove('/removed');
    await client.transaction([
      { kind: 'create', path: '/by-transaction', value: 'old', ephemeral: true },
      { kind: 'set', path: '/by-transaction', value: 'new' },
    ]);
    await outlast(client, '/set', async () => {});
    assert.deepEqual(await other.children('/'), ['by-transaction', 'set']);
    assert.equal((await other.get('/set'))?.value, 'new');
    assert.equal((await other.get('/by-transaction'))?.value, 'new');
  });

  it('waits for its place while another session has it, and takes it when it is free', async () => {
    const client = await open(proxy.address, path);
    await client.create('/mine', 'm', { ephemeral: true });
    await outlast(client, '/mine', () => other.create('/mine', 'taken', { ephemeral: true }));
    assert.equal((await client.get('/mine'))?.value, 'taken');
    await other.remove('/mine');
    await eventuallyTrue('it is back', async () => (await other.get('/mine'))?.value === 'm');
  });

  it('may end again and again', async () => {
    const client = await open(server.address, path);
    await client.create('/mine', 'm', { ephemeral: true });
    for (let round = 1; round <= 5; round++) {
      await endSession(client, server.port);
      await eventuallyTrue(
        `expiry ${round}`,
        () => client.events.filter((event) => event === 'expired').length === round,
      );
      assert.equal((await client.get('/mine'))?.value, 'm');
    }
  });

  it('is replaced only on what is recognised: until then no ephemeral is made again, and observers see nothing', async () => {
    let isKnown = true;
    let asked = 0;
    const client = await open(proxy.address, path, {
      recognise: async (get) => {
        asked += 1;
        return isKnown && (await get('/none')) === undefined;
      },
      requestTimeout: Number.POSITIVE_INFINITY,
    });
    await client.create('/mine', 'm', { ephemeral: true });
    const values: (string | undefined)[] = [];
    await client.create('/value', '0');
    client.observe('/value', (node) => values.push(node?.value));
    await eventuallyTrue('observed', () => values.length === 1);
    await proxy.refuse();
    await eventuallyTrue('it runs out', async () => (await other.get('/mine')) === undefined);
    isKnown = false;
    const before = asked;
    await other.set('/value', '1');
    await proxy.listen();
    await eventuallyTrue('it is asked, more than once', () => asked > before + 1);
    assert.equal(await other.get('/mine'), undefined);
    assert.deepEqual([values, client.events], [['0'], ['connected', 'disconnected']]);
    isKnown = true;
    await eventuallyTrue('a new one stands', () => client.events.includes('expired'));
    assert.equal((await other.get('/mine'))?.value, 'm');
    await eventuallyTrue('the last value is seen', () => values.at(-1) === '1');
  });

  it('was saved: the next process gets its place as soon as the old session’s node is gone', async () => {
    const first = await open(proxy.address, path);
    await first.create('/agent', 'old', { ephemeral: true });
    const session = first.savedSession();
    await first.close({ keepSession: true });
    await eventuallyTrue('it ran out', async () => (await other.get('/agent')) === undefined);
    const second = await open(proxy.address, path, { session });
    await second.create('/agent', 'new', { ephemeral: true });
    assert.equal((await other.get('/agent'))?.value, 'new');
    assert.deepEqual(second.events, [], 'it is replaced in silence');
  });

  it('was saved and continued: a node of the process before comes back after an expiry once it was read', async () => {
    const first = await open(proxy.address, path);
    await first.create('/agent', 'old', { ephemeral: true });
    const session = first.savedSession();
    await first.close({ keepSession: true });
    const second = await open(server.address, path, { session });
    assert.equal(sessionId(second), session.split(':')[1]);
    await assert.rejects(second.create('/agent', 'new', { ephemeral: true }), { code: 'node-exists' });
    await second.set('/agent', 'new');
    await endSession(second, server.port);
    await eventuallyTrue('expired', () => second.events.includes('expired'));
    assert.equal((await other.get('/agent'))?.value, 'new');
  });

  it('a saved session with a wrong password, or no session at all, is replaced by a new one', async () => {
    const first = await open(proxy.address, path);
    const session = first.savedSession();
    const [name, id, , timeout, zxid] = session.split(':');
    const wrong = [name, id, '0'.repeat(32), timeout, zxid].join(':');
    for (const text of [wrong, '', 'nonsense', '{"id":1}']) {
      const second = await open(server.address, path, { session: text });
      assert.notEqual(sessionId(second), id);
      assert.match(second.savedSession(), /^zk1:[0-9a-f]{16}:/);
      await second.close();
    }
    assert.notEqual(await first.get('/'), undefined);
  });

  it('knows the last transaction it saw: servers behind it are believed only where all refused it, and that is said', async () => {
    const client = await open(server.address, path);
    await client.create('/a', '');
    const zxid = BigInt(`0x${client.savedSession().split(':')[4]}`);
    await client.set('/a', '1');
    assert.equal(BigInt(`0x${client.savedSession().split(':')[4]}`), zxid + 1n);
    const [name, id, password, timeout] = client.savedSession().split(':');
    const ahead = [name, id, password, timeout, (zxid + 1_000n).toString(16)].join(':');
    await client.close({ keepSession: true });
    const second = await open(proxy.address, path, {
      session: ahead,
      requestTimeout: Number.POSITIVE_INFINITY,
    });
    assert.equal((await second.get('/a'))?.value, '1');
    assert.ok(second.events.includes('older'));
    assert.equal(sessionId(second), id, 'the session was not to blame');
    assert.ok(proxy.accepted > 2, 'it was named twice before');
    assert.ok(BigInt(`0x${second.savedSession().split(':')[4]}`) < zxid + 1_000n);
  });
});
