import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ZookeeperFront, zookeeperFront } from '../../build/zookeeper-front.js';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { eventually } from '../eventually.js';

/** What the build runs the command against, so that V8 compiles what it does on ZooKeeper. */
describe('the embedded engine behind ZooKeeper’s protocol', () => {
  let directory: string;
  let engine: Coordinator;
  let front: ZookeeperFront;
  let client: Coordinator;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-front-'));
    engine = await openCoordinator(`embedded:${directory}/state`);
    front = await zookeeperFront(engine);
    client = await openCoordinator(front.url);
  });
  afterEach(async () => {
    await client.close();
    front.close();
    await engine.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('shows a client what the engine holds', async () => {
    const paths = ['/a', '/a/b', '/a/c', '/none', '/é'];
    for (const path of paths) if (path !== '/none') await engine.create(path, `value of ${path}`);
    await engine.set('/a', 'another', 0);
    const expected = await Promise.all(paths.map((path) => engine.get(path)));
    assert.equal(expected.filter((node) => node === undefined).length, 1);
    assert.deepEqual(await client.getMany(paths), expected);
    for (const [at, path] of paths.entries()) assert.deepEqual(await client.get(path), expected[at]);
    assert.deepEqual(await client.children('/a'), ['b', 'c']);
    assert.equal(await client.children('/none'), undefined);
  });

  it('gives the engine what a client writes', async () => {
    await client.create('/a', 'first');
    await client.transaction([
      { kind: 'check', path: '/a', version: 0 },
      { kind: 'set', path: '/a', value: 'second', version: 0 },
      { kind: 'create', path: '/a/b', value: '' },
      { kind: 'create', path: '/a/c', value: 'c' },
      { kind: 'remove', path: '/a/b' },
    ]);
    assert.deepEqual(await engine.get('/a'), { value: 'second', version: 1, ephemeral: false });
    assert.deepEqual(await engine.children('/a'), ['c']);
  });

  it('tells a client of changes that others make', async () => {
    const seen: (string | undefined)[] = [];
    const names: string[] = [];
    const observed = [
      client.observe('/a', (node) => seen.push(node?.value)),
      client.observeChildren('/', (children) => names.push((children ?? []).join())),
    ];
    await eventually(() => assert.deepEqual([seen.at(-1), names.at(-1)], [undefined, '']));
    await engine.create('/a', 'first');
    await eventually(() => assert.deepEqual([seen.at(-1), names.at(-1)], ['first', 'a']));
    await engine.set('/a', 'second');
    await eventually(() => assert.equal(seen.at(-1), 'second'));
    await engine.set('/a', 'third');
    await engine.create('/b', '');
    await eventually(() => assert.deepEqual([seen.at(-1), names.at(-1)], ['third', 'a,b']));
    for (const each of observed) each.close();
  });
});
