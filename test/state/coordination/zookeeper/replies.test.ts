import assert from 'node:assert/strict';
import { systemClock } from '../../../../state/platform/clock.js';
import { Connection } from '../../../../state/coordination/zookeeper/connection.js';
import { newSession } from '../../../../state/coordination/zookeeper/saved-session.js';
import { getCall } from '../../../../state/coordination/zookeeper/wire.js';
import { eventuallyTrue } from '../../../eventually.js';
import { startProxy, type TcpProxy } from '../../../servers/tcp-proxy.js';
import { startZookeeper, type ZookeeperServer } from '../../../servers/zookeeper.js';
import { closeClients, freshPath, open, sessionId } from './clients.js';

const XID_AT = 4;
const ERR_AT = 16;

describe('what a ZooKeeper server may answer', function () {
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

  /** Gives the answers to the next `count` requests this error code instead of their own. */
  const answerWith = (code: number, count = 1): void => {
    let left = count;
    proxy.rewrite((frame) => {
      if (left === 0 || frame.length < 20 || frame.readInt32BE(XID_AT) <= 0) return frame;
      left -= 1;
      const changed = Buffer.from(frame);
      changed.writeInt32BE(code, ERR_AT);
      return changed;
    });
  };
  it('an error code that nobody has heard of is an error with its number, and the connection stays', async () => {
    proxy.rewrite((frame) => frame);
    const client = await open(proxy.address, path);
    await client.create('/a', '');
    for (const code of [-1_237_188_481, -119, -127, -5, 42]) {
      answerWith(code);
      await assert.rejects(client.get('/a'), { code: 'request-refused', zookeeperCode: code, path: '/a' });
      answerWith(code);
      await assert.rejects(client.set('/a', ''), { code: 'request-refused', zookeeperCode: code });
      answerWith(code);
      await assert.rejects(client.transaction([{ kind: 'check', path: '/a' }]), { zookeeperCode: code });
    }
    assert.deepEqual(client.events, []);
    assert.notEqual(await client.get('/a'), undefined);
  });

  for (const [name, code] of [
    ['SESSION_MOVED', -118],
    ['SESSION_EXPIRED', -112],
    ['CONNECTION_LOSS', -4],
  ] as const) {
    it(`${name} makes it attach again and send again what was not applied`, async () => {
      proxy.rewrite((frame) => frame);
      const client = await open(proxy.address, path);
      await client.create('/a', '');
      const session = sessionId(client);
      // Reads only, since the real server did apply what this proxy denies.
      answerWith(code, 3);
      const read = await Promise.all([
        client.get('/a'),
        client.get('/a'),
        client.children('/'),
        client.get('/'),
      ]);
      assert.ok(read.every((answer) => answer !== undefined));
      assert.deepEqual(client.events, ['disconnected', 'connected']);
      assert.equal(sessionId(client), session);
      assert.equal(proxy.accepted, 2);
    });
  }

  it('answers in the wrong order, to no request, or not to be understood end the connection, not the session', async () => {
    const spoil: readonly ((frame: Buffer) => void)[] = [
      (frame) => frame.writeInt32BE(frame.readInt32BE(XID_AT) + 1, XID_AT),
      (frame) => frame.writeInt32BE(1_000_000, 20),
      (frame) => frame.writeInt32BE(-7, 0),
    ];
    for (const change of spoil) {
      let spoiled = false;
      proxy.rewrite((frame) => frame);
      const client = await open(proxy.address, path);
      // The root is made with the first write, and what is not there has an answer too short to be spoiled.
      await client.set('/', '');
      const session = sessionId(client);
      proxy.rewrite((frame) => {
        if (spoiled || frame.length < 24 || frame.readInt32BE(XID_AT) <= 0) return frame;
        spoiled = true;
        const changed = Buffer.from(frame);
        change(changed);
        return changed;
      });
      assert.notEqual(await client.get('/'), undefined);
      assert.deepEqual(client.events, ['disconnected', 'connected']);
      assert.equal(sessionId(client), session);
      await client.close();
    }
  });

  it('request numbers begin anew before they leave 31 bits', async () => {
    const connection = new Connection({
      server: { host: '127.0.0.1', port: server.port },
      session: newSession(5_000),
      credentials: undefined,
      clock: systemClock,
      notified: () => {},
      drained: () => {},
      firstXid: 0x7fff_ffff - 3,
    });
    assert.equal(await connection.attachment, 'attached');
    const answers = await Promise.all(
      Array.from(
        { length: 10 },
        () => new Promise((resolve) => connection.send(getCall('/', false), (reply) => resolve(reply.err))),
      ),
    );
    assert.deepEqual(answers, Array(10).fill(0));
    connection.drop('done');
  });

  it('a large value and many children come whole, in many pieces', async () => {
    const client = await open(proxy.address, path);
    await client.create('/large', 'é'.repeat(450_000));
    await client.create('/dir', '');
    const names = Array.from({ length: 3_000 }, (_, at) => `a-rather-long-name-of-a-child-${at}`);
    await Promise.all(names.map((name) => client.create(`/dir/${name}`, '')));
    const [large, children] = await Promise.all([client.get('/large'), client.children('/dir')]);
    assert.equal(large?.value, 'é'.repeat(450_000));
    assert.deepEqual(children, names.toSorted());
  });

  it('an event that overtakes the answer of the read which asked for it is not lost', async () => {
    let held: Buffer | undefined;
    let hold = false;
    proxy.rewrite((frame) => {
      const xid = frame.readInt32BE(XID_AT);
      if (hold && xid > 0) {
        hold = false;
        held = Buffer.from(frame);
        return Buffer.alloc(0);
      }
      if (xid === -1 && held !== undefined) {
        const both = Buffer.concat([frame, held]);
        held = undefined;
        return both;
      }
      return frame;
    });
    const client = await open(proxy.address, path);
    const other = await open(server.address, path);
    await client.create('/a', 'old');
    const seen: (string | undefined)[] = [];
    hold = true;
    client.observe('/a', (node) => seen.push(node?.value));
    await eventuallyTrue('the answer is held', () => held !== undefined);
    await other.set('/a', 'new');
    await eventuallyTrue('the change is seen', () => seen.at(-1) === 'new');
    assert.deepEqual(seen, ['old', 'new']);
  });

  it('a session taken over by another process is fought for no longer than it takes to notice', async () => {
    const client = await open(proxy.address, path);
    await client.create('/a', '');
    const thief = await open(server.address, path, { session: client.savedSession() });
    await thief.close();
    await eventuallyTrue(
      'it got a new one or kept its own',
      async () => (await client.get('/a')) !== undefined,
    );
    await client.set('/a', 'still working');
  });
});
