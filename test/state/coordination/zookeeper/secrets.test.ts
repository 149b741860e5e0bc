import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createClient } from 'node-zookeeper-client';
import { eventuallyTrue } from '../../../eventually.js';
import { startProxy, type TcpProxy } from '../../../servers/tcp-proxy.js';
import { startZookeeper, type ZookeeperServer } from '../../../servers/zookeeper.js';
import { closeClients, freshPath, open } from './clients.js';
import { endSession } from './end-session.js';

const secret = 'open: sesame, ß';

describe('a secret on ZooKeeper', function () {
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

  it('is shown before any request, also those that waited for the connection', async () => {
    const client = await open(proxy.address, path, { secret });
    await client.create('/a', 'x');
    for (let round = 0; round < 5; round++) {
      await proxy.refuse();
      const reads = Array.from({ length: 20 }, () => client.get('/a'));
      await proxy.listen();
      for (const read of reads) assert.equal((await read)?.value, 'x');
    }
    client.onSession((event) => {
      if (event === 'disconnected') void client.set('/a', 'from a listener');
    });
    proxy.drop();
    await eventuallyTrue('written', async () => (await client.get('/a'))?.value === 'from a listener');
  });

  it('is shown before any request to a saved session, and to a new one after an expiry', async () => {
    const first = await open(server.address, path, { secret });
    await first.create('/a', 'x');
    await first.create('/e', 'x', { ephemeral: true });
    const session = first.savedSession();
    await first.close({ keepSession: true });
    const second = await open(server.address, path, { secret, session });
    assert.equal((await second.get('/e'))?.value, 'x');
    await endSession(second, server.port);
    await eventuallyTrue('expired', () => second.events.includes('expired'));
    assert.equal((await second.get('/e'))?.value, 'x');
    assert.equal((await second.get('/a'))?.value, 'x');
  });

  it('opens to nobody without it, or with another one, and is in no error', async () => {
    const client = await open(server.address, path, { secret });
    await client.create('/a', 'x');
    for (const options of [{}, { secret: 'another secret' }]) {
      await assert.rejects(open(server.address, path, options), (error: Error) => {
        assert.equal('code' in error && error.code, 'access-denied');
        assert.ok(!JSON.stringify([error.message, { ...error }]).includes('secret”'));
        assert.ok(!`${error.stack}${JSON.stringify(error)}`.includes('another secret'));
        return true;
      });
    }
  });

  it('protects every node that is created: the root, single ones, ephemerals, those of transactions', async () => {
    const plain = 'letters only';
    const client = await open(server.address, path, { secret: plain });
    await client.create('/single', '');
    await client.create('/ephemeral', '', { ephemeral: true });
    await client.transaction([
      { kind: 'create', path: '/by-transaction', value: '' },
      { kind: 'create', path: '/ephemeral-too', value: '', ephemeral: true },
    ]);
    const bare = createClient(server.address);
    bare.connect();
    await once(bare, 'connected');
    bare.addAuthInfo('digest', Buffer.from(`ensemble:${plain}`));
    const digest = createHash('sha1').update(`ensemble:${plain}`).digest('base64');
    for (const node of ['', '/single', '/ephemeral', '/by-transaction', '/ephemeral-too']) {
      const acl = await new Promise<readonly unknown[]>((resolve, reject) =>
        bare.getACL(path + node, (error, acl) => (error ? reject(error) : resolve(acl))),
      );
      assert.deepEqual(JSON.parse(JSON.stringify(acl)), [
        { permission: 31, id: { scheme: 'digest', id: `ensemble:${digest}` } },
      ]);
    }
    bare.close();
  });

  it('protects the path above the root too, and a refusal there names the node that refuses', async () => {
    const owner = await open(server.address, `${path}/production`, { secret });
    await owner.create('/a', '');
    const other = await open(server.address, `${path}/staging`, { secret: 'another secret' });
    await assert.rejects(other.create('/a', ''), { code: 'access-denied', path });
  });

  it('tells which nodes anybody may change, and closes them', async () => {
    const outsider = await open(server.address, path);
    assert.equal(outsider.protection, undefined);
    await outsider.create('/open', '');
    const client = await open(server.address, path, { secret });
    await client.create('/closed', '');
    assert.ok(client.protection);
    assert.deepEqual(await client.protection.open(['/', '/open', '/closed', '/absent']), ['/', '/open']);
    await client.protection.close(['/', '/open']);
    assert.deepEqual(await client.protection.open(['/', '/open', '/closed']), []);
    await assert.rejects(outsider.create('/more', ''), { code: 'access-denied' });
    await assert.rejects(outsider.get('/open'), { code: 'access-denied' });
    await assert.rejects(client.protection.close(['/absent']), { code: 'node-not-found' });
    const another = await open(server.address, '', { secret: 'another secret' });
    await assert.rejects(async () => another.protection?.open([`${path}/open`]), { code: 'access-denied' });
  });

  it('denied while running is told by requests, and observers go on when it is allowed again', async () => {
    const outsider = await open(server.address, path);
    await outsider.create('/shared', '');
    const client = await open(server.address, path, { secret });
    await client.create('/shared/protected', 'x');
    await assert.rejects(outsider.get('/shared/protected'), {
      code: 'access-denied',
      path: '/shared/protected',
    });
    await assert.rejects(outsider.set('/shared/protected', 'y'), { code: 'access-denied' });
    await assert.rejects(outsider.transaction([{ kind: 'set', path: '/shared/protected', value: '' }]), {
      code: 'access-denied',
      path: '/shared/protected',
    });
    const seen: (string | undefined)[] = [];
    outsider.observe('/shared/protected', (node) => seen.push(node?.value));
    await outsider.get('/shared');
    assert.deepEqual(seen, []);
    await client.remove('/shared/protected');
    await outsider.create('/shared/protected', 'free');
    await eventuallyTrue('the observer looked again', () => seen.at(-1) === 'free');
  });
});
