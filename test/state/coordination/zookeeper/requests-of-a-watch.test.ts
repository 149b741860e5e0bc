import assert from 'node:assert/strict';
import type { Observation } from '../../../../state/coordination/coordinator.js';
import { NodeExists, NodeNotFound, OutcomeUnknown } from '../../../../state/coordination/errors.js';
import { eventually } from '../../../eventually.js';
import { chooseSeed, seeded } from '../../../random.js';
import { startProxy, type TcpProxy } from '../../../servers/tcp-proxy.js';
import { startZookeeper, type ZookeeperServer } from '../../../servers/zookeeper.js';
import { type Client, closeClients, freshPath, open } from './clients.js';

const XID_AT = 4;

describe('what it takes to follow nodes that come and go', function () {
  this.timeout(120_000);
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
    // Whoever opened before the root was there looks for it once, with the first write.
    await watcher.set('/', '');
  });
  afterEach(async () => {
    await closeClients();
    await proxy.close();
  });

  /** How many requests the watcher makes until `seen`, of those that were asked for by then. */
  async function answersUntil(act: () => Promise<void>, seen: () => void): Promise<number> {
    answers = 0;
    await act();
    await eventually(seen);
    // What was asked for before this one has its answer by then.
    await watcher.get('/unit');
    return answers - 1;
  }

  /** Watches the names under a unit, and its flag while it stands; notes what it sees. */
  function follow(unit: string, seen: string[]): void {
    let flag: Observation | undefined;
    watcher.observeChildren(unit, (names) => {
      seen.push(`names ${names}`);
      flag?.close();
      flag = names?.includes('flag')
        ? watcher.observe(`${unit}/flag`, (node) => seen.push(`flag ${node?.value}`))
        : undefined;
    });
  }

  /** How many requests it takes to see a flag that comes, and that it goes by `takeOff`. */
  async function requestsOfAFlag(takeOff: () => Promise<void>): Promise<number> {
    const seen: string[] = [];
    follow('/unit', seen);
    await eventually(() => assert.deepEqual(seen, ['names ']));
    return answersUntil(
      async () => {
        await writer.create('/unit/flag', 'up');
        await eventually(() => assert.deepEqual(seen.slice(1), ['names flag', 'flag up']));
        await takeOff();
      },
      () => assert.equal(seen.at(-1), 'names '),
    );
  }

  it('is three readings where the names beside it say that it is there', async () => {
    assert.equal(await requestsOfAFlag(() => writer.remove('/unit/flag')), 3);
  });

  it('is two readings and the transaction where it is taken off by who watches', async () => {
    const asked = await requestsOfAFlag(() =>
      watcher.transaction([
        { kind: 'remove', path: '/unit/flag' },
        { kind: 'set', path: '/unit', value: 'done' },
      ]),
    );
    assert.equal(asked, 3);
  });

  it('is a few requests for all units that change together, not a few for each', async () => {
    const units = Array.from({ length: 150 }, (_, number) => `/unit-${number}`);
    await writer.transaction(units.map((path) => ({ kind: 'create', path, value: '' })));
    const seen = new Map(units.map((unit): [string, string[]] => [unit, []]));
    for (const [unit, lines] of seen) follow(unit, lines);
    await eventually(() => assert.ok([...seen.values()].every((lines) => lines.length === 1)));
    const asked = await answersUntil(
      () => writer.transaction(units.map((unit) => ({ kind: 'create', path: `${unit}/flag`, value: 'up' }))),
      () => {
        for (const lines of seen.values()) assert.deepEqual(lines, ['names ', 'names flag', 'flag up']);
      },
    );
    // How many the server tells of at once is the network's business.
    assert.ok(asked < units.length / 2, `${asked} requests of ${units.length} units`);
  });

  it('ends where many nodes that are observed do not exist, and misses none that comes to exist', async () => {
    const nodes = Array.from({ length: 20 }, (_, number) => `/absent-${number}`);
    const seen = new Map<string, string | undefined>();
    const asked = await answersUntil(
      async () => {
        for (const path of nodes) watcher.observe(path, (node) => seen.set(path, node?.value));
      },
      () => assert.equal(seen.size, nodes.length),
    );
    assert.ok(asked < nodes.length, `${asked} requests of ${nodes.length} nodes`);
    assert.equal(
      await answersUntil(
        async () => undefined,
        () => undefined,
      ),
      0,
    );
    await writer.transaction(nodes.map((path) => ({ kind: 'create', path, value: path })));
    await eventually(() => assert.deepEqual([...seen.values()], nodes));
  });

  it('is a few requests for all nodes that go together and are followed on', async () => {
    const nodes = Array.from({ length: 20 }, (_, number) => `/flag-${number}`);
    const create = nodes.map((path) => ({ kind: 'create', path, value: path }) as const);
    await writer.transaction(create);
    const seen = new Map<string, string | undefined>();
    for (const path of nodes) watcher.observe(path, (node) => seen.set(path, node?.value));
    await eventually(() => assert.deepEqual([...seen.values()], nodes));
    const asked = await answersUntil(
      () => writer.transaction(nodes.map((path) => ({ kind: 'remove', path }))),
      () => assert.ok([...seen.values()].every((value) => value === undefined)),
    );
    // How many the server tells of at once is the network's business.
    assert.ok(asked < nodes.length, `${asked} requests of ${nodes.length} nodes`);
    await writer.transaction(create);
    await eventually(() => assert.deepEqual([...seen.values()], nodes));
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

  it('misses nothing of many that are followed on, whichever come and go at once', async () => {
    const seed = chooseSeed();
    process.stdout.write(`      seed ${seed}\n`);
    const random = seeded(seed);
    const expected = new Map(
      Array.from({ length: 12 }, (_, number): [string, string | undefined] => [`/flag-${number}`, undefined]),
    );
    const seen = new Map<string, string | undefined>();
    for (const path of expected.keys()) watcher.observe(path, (node) => seen.set(path, node?.value));
    for (let time = 0; time < 100; time += 1) {
      const some = [...expected].filter(() => random() < 0.6);
      await writer.transaction(
        some.map(([path, value]) =>
          value === undefined ? { kind: 'create', path, value: `${time}` } : { kind: 'remove', path },
        ),
      );
      for (const [path, value] of some) expected.set(path, value === undefined ? `${time}` : undefined);
      if (random() < 0.3) await eventually(() => assert.deepEqual([...seen].sort(), [...expected].sort()));
    }
    await eventually(() => assert.deepEqual([...seen].sort(), [...expected].sort()));
  });

  it('sees the names that others change while it changes some itself', async () => {
    let names: readonly string[] | undefined;
    watcher.observeChildren('/unit', (now) => {
      names = now;
    });
    await eventually(() => assert.deepEqual(names, []));
    const expected = new Set<string>();
    for (let time = 0; time < 50; time += 1) {
      const [own, other] = [`own-${time % 7}`, `other-${time % 5}`];
      const toggle = (client: Client, name: string): Promise<void> => {
        const kind = expected.delete(name) ? 'remove' : 'create';
        if (kind === 'create') expected.add(name);
        return client.transaction([{ kind, path: `/unit/${name}`, value: '' }]);
      };
      await Promise.all([toggle(watcher, own), toggle(writer, other), toggle(watcher, `second-${own}`)]);
      if (time % 3 === 0) await eventually(() => assert.deepEqual(names, [...expected].sort()));
    }
    await eventually(() => assert.deepEqual(names, [...expected].sort()));
  });

  it('sees the names that it changes itself, whenever the connection breaks', async () => {
    let names: readonly string[] | undefined;
    watcher.observeChildren('/unit', (now) => {
      names = now;
    });
    await eventually(() => assert.deepEqual(names, []));
    for (let time = 0; time < 30; time += 1) {
      const stands = (await writer.children('/unit'))?.includes('flag') ?? false;
      const change = watcher.transaction([
        { kind: stands ? 'remove' : 'create', path: '/unit/flag', value: '' },
      ]);
      // Somewhere in the request, in its event or in its answer.
      proxy.cutAfter(time * 9);
      await change.catch((error: unknown) => {
        // The one before may have been applied after all, and only now.
        const mayBe = [OutcomeUnknown, NodeExists, NodeNotFound];
        assert.ok(
          mayBe.some((kind) => error instanceof kind),
          `${error}`,
        );
      });
      await eventually(async () => assert.deepEqual(names, await writer.children('/unit')));
    }
  });

  it('sees no name that its own transaction did not bring about', async () => {
    const seen: string[] = [];
    watcher.observeChildren('/unit', (names) => seen.push(`${names}`));
    await eventually(() => assert.deepEqual(seen, ['']));
    await assert.rejects(
      watcher.transaction([
        { kind: 'create', path: '/unit/flag', value: '' },
        { kind: 'set', path: '/unit', value: '', version: 7 },
      ]),
      { code: 'version-conflict' },
    );
    await writer.create('/unit/other', '');
    await eventually(() => assert.equal(seen.at(-1), 'other'));
    assert.deepEqual(seen, ['', 'other']);
  });

  it('is nothing, and no watch stays, once nobody observes', async () => {
    const watches = async (): Promise<string | undefined> =>
      /^zk_watch_count\t(\d+)$/m.exec(await server.ask('mntr'))?.[1];
    const before = await watches();
    const seen: string[] = [];
    const observation = watcher.observeChildren('/unit', (names) => seen.push(`${names}`));
    await eventually(() => assert.deepEqual(seen, ['']));
    assert.notEqual(await watches(), before);
    observation.close();
    await eventually(async () => assert.equal(await watches(), before));
    // Also of one that is closed before its first look is answered.
    watcher.observeChildren('/unit', () => assert.fail('closed')).close();
    await watcher.get('/unit');
    await eventually(async () => assert.equal(await watches(), before));
    await writer.create('/unit/flag', '');
    watcher.observeChildren('/unit', (names) => seen.push(`${names}`));
    await eventually(() => assert.deepEqual(seen, ['', 'flag']));
    await writer.remove('/unit/flag');
    await eventually(() => assert.deepEqual(seen, ['', 'flag', '']));
  });
});
