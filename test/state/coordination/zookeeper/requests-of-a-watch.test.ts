import assert from 'node:assert/strict';
import type { Observation } from '../../../../state/coordination/coordinator.js';
import { eventually } from '../../../eventually.js';
import { startProxy, type TcpProxy } from '../../../servers/tcp-proxy.js';
import { startZookeeper, type ZookeeperServer } from '../../../servers/zookeeper.js';
import { type Client, closeClients, freshPath, open } from './clients.js';

const XID_AT = 4;

describe('what it takes to follow a node that comes and goes', function () {
  this.timeout(30_000);
  let server: ZookeeperServer;
  let proxy: TcpProxy;
  let writer: Client;
  let watcher: Client;
  let answers: number;
  before(async () => {
    server = await startZookeeper();
  });
  after(() => server.stop());
  beforeEach(async () => {
    proxy = await startProxy(server.port);
    proxy.rewrite((frame) => {
      if (frame.length >= 20 && frame.readInt32BE(XID_AT) > 0) answers += 1;
      return frame;
    });
    const path = freshPath();
    writer = await open(server.address, path);
    watcher = await open(proxy.address, path);
    await writer.create('/unit', '');
  });
  afterEach(async () => {
    await closeClients();
    await proxy.close();
  });

  it('is three readings where the names beside it say that it is there', async () => {
    const seen: string[] = [];
    let flag: Observation | undefined;
    watcher.observeChildren('/unit', (names) => {
      seen.push(`names ${names}`);
      flag?.close();
      flag = names?.includes('flag')
        ? watcher.observe('/unit/flag', (node) => seen.push(`flag ${node?.value}`))
        : undefined;
    });
    await eventually(() => assert.deepEqual(seen, ['names ']));
    answers = 0;
    await writer.create('/unit/flag', 'up');
    await eventually(() => assert.deepEqual(seen.slice(1), ['names flag', 'flag up']));
    await writer.remove('/unit/flag');
    await eventually(() => assert.equal(seen.at(-1), 'names '));
    // What was asked for before this one has its answer by then.
    await watcher.get('/unit');
    assert.equal(answers, 3 + 1);
  });

  it('misses nothing of one that is followed on, however soon it comes again', async () => {
    let last: string | undefined;
    watcher.observeChildren('/unit', () => undefined);
    watcher.observe('/unit/flag', (node) => {
      last = node?.value;
    });
    for (let time = 0; time < 20; time += 1) {
      await writer.create('/unit/flag', `${time}`);
      if (time % 2 === 0) await eventually(() => assert.equal(last, `${time}`));
      await writer.remove('/unit/flag');
      if (time % 3 === 0) await eventually(() => assert.equal(last, undefined));
    }
    await writer.create('/unit/flag', 'last');
    await eventually(() => assert.equal(last, 'last'));
  });
});
