import assert from 'node:assert/strict';
import { eventuallyTrue } from '../../../eventually.js';
import { startEnsemble, type ZookeeperServer } from '../../../servers/zookeeper.js';
import { closeClients, freshPath, open, sessionId } from './clients.js';

describe('an ensemble of three ZooKeeper servers', function () {
  this.timeout(120_000);
  let servers: readonly ZookeeperServer[];
  let path: string;
  before(async () => {
    servers = await startEnsemble(3);
  });
  after(() => Promise.all(servers.map((server) => server.stop())));
  beforeEach(() => {
    path = freshPath();
  });
  afterEach(closeClients);

  const all = (): string => servers.map(({ address }) => address).join();

  const leader = async (): Promise<ZookeeperServer> => {
    for (const server of servers) if (await server.leads()) return server;
    throw new Error('the ensemble has no leader');
  };

  it('whose leader is killed goes on: writes are made, observers lose nothing, sessions stay', async () => {
    const session = { sessionTimeout: 6_000, requestTimeout: 20_000 };
    const [writer, observer] = await Promise.all([open(all(), path, session), open(all(), path, session)]);
    const ids = [sessionId(writer), sessionId(observer)];
    await writer.create('/counter', '0');
    await observer.create('/mine', '', { ephemeral: true });
    let seen = '';
    observer.observe('/counter', (node) => {
      seen = node?.value ?? '';
    });
    let acknowledged = 0;
    let longest = 0;
    let last = performance.now();
    let stopped = false;
    const writing = (async () => {
      for (let value = 1; !stopped || acknowledged < 50; value++) {
        try {
          await writer.set('/counter', String(value));
          acknowledged += 1;
        } catch (error) {
          assert.ok(
            error instanceof Error && 'code' in error && error.code === 'outcome-unknown',
            `${error}`,
          );
        }
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
      }
    })();
    await eventuallyTrue('writes are made', () => acknowledged > 20);
    const dead = await leader();
    await dead.kill();
    const before = acknowledged;
    await eventuallyTrue('writes go on', () => acknowledged > before + 20, 30_000);
    stopped = true;
    await writing;
    process.stdout.write(`      longest gap between writes ${Math.round(longest)} ms\n`);
    const final = await writer.set('/counter', 'final');
    assert.ok(final >= acknowledged + 1, 'no acknowledged write is lost');
    await eventuallyTrue('the observer sees the last value', () => seen === 'final');
    assert.equal((await writer.get('/mine'))?.ephemeral, true);
    assert.deepEqual([sessionId(writer), sessionId(observer)], ids);
    await dead.start();
  });

  it('with one server gone mute serves its clients from the others, with their sessions', async () => {
    const clients = await Promise.all(
      Array.from({ length: 6 }, () => open(all(), path, { sessionTimeout: 6_000, requestTimeout: 20_000 })),
    );
    const ids = clients.map(sessionId);
    await Promise.all(clients.map((client, at) => client.create(`/e-${at}`, '', { ephemeral: true })));
    const mute = await leader();
    mute.pause();
    try {
      const values = await Promise.all(clients.map((client, at) => client.get(`/e-${at}`)));
      assert.ok(values.every((node) => node?.ephemeral));
      const [client] = clients;
      assert.ok(client);
      await eventuallyTrue(
        'writes are made',
        () =>
          client.create('/after', '').then(
            () => true,
            (error) => error.code === 'node-exists',
          ),
        60_000,
      );
      assert.deepEqual(clients.map(sessionId), ids);
    } finally {
      mute.resume();
      // It takes itself for the leader until it notices that it was replaced, and knows no session begun meanwhile.
      await eventuallyTrue('it follows', async () => (await mute.ask('srvr')).includes('Mode: follower'));
    }
  });

  it('closes a connection whose session went to another server; the client attaches anew', async () => {
    const [one, two] = servers;
    assert.ok(one && two);
    const first = await open(one.address, path, { sessionTimeout: 6_000 });
    await first.create('/counter', '0');
    const session = sessionId(first);
    const second = await open(two.address, path, { session: first.savedSession(), sessionTimeout: 6_000 });
    assert.equal(sessionId(second), session);
    await second.create('/moved', '');
    // For a request over the old connection ZooKeeper 3.8 closes it (ZOOKEEPER-710), so its outcome is unknown here.
    await assert.rejects(first.set('/counter', '1'), { code: 'outcome-unknown' });
    await second.close({ keepSession: true });
    assert.equal(await first.set('/counter', '2', 0), 1, 'the one before was not applied');
    assert.equal(sessionId(first), session);
    assert.deepEqual(first.events, ['disconnected', 'connected']);
  });
});
