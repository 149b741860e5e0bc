import assert from 'node:assert/strict';
import { treeWriter } from '../../../agent/tree/tree-writer.js';
import { systemClock } from '../../../state/platform/clock.js';
import { OutcomeUnknown, VersionConflict } from '../../../state/coordination/errors.js';
import { TreeFixture } from './tree-fixture.js';

describe('writes to the tree', () => {
  let tree: TreeFixture;
  beforeEach(async () => {
    tree = await TreeFixture.open();
    for (const name of ['a', 'b', 'c']) await tree.real.create(`/${name}`, '0');
  });
  afterEach(() => tree.close());

  const writer = () => treeWriter(tree.coordinator(), systemClock, Math.random);
  const set = (path: string, value: string, version?: number) => ({
    kind: 'set' as const,
    path,
    value,
    ...(version !== undefined && { version }),
  });
  const value = async (path: string): Promise<string | undefined> => (await tree.real.get(path))?.value;

  it('that come in the same turn go in one transaction', async () => {
    const { write } = writer();
    await Promise.all([
      write(() => [set('/a', '1')]),
      write(() => [set('/b', '1')]),
      write(async () => [set('/c', '1')]),
    ]);
    assert.equal(tree.transactions.length, 1);
    assert.deepEqual([await value('/a'), await value('/b'), await value('/c')], ['1', '1', '1']);
  });

  it('that come while one is under way go together in the next, at most a hundred at a time', async () => {
    const { write } = writer();
    await Promise.all(Array.from({ length: 250 }, (_, index) => write(() => [set('/a', String(index))])));
    assert.deepEqual(
      tree.transactions.map((operations) => operations.length),
      [100, 100, 50],
    );
    assert.equal(await value('/a'), '249', 'in their order');
  });

  it("a conflict of one is not the others'", async () => {
    const { write } = writer();
    const results = await Promise.allSettled([
      write(() => [set('/a', '1')]),
      write(() => [set('/missing', '1')]),
      write((tries) => [set('/b', '1', tries === 0 ? 7 : undefined)]),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.deepEqual([await value('/a'), await value('/b')], ['1', '1']);
  });

  it('a write whose answer was lost is built anew and finds that it went through', async () => {
    const { write } = writer();
    tree.faults.push({ error: new OutcomeUnknown({ path: '/a' }), applied: true });
    const asked: number[] = [];
    await write(async (tries) => {
      asked.push(tries);
      const version = (await tree.real.get('/a'))?.version;
      return version === 0 ? [set('/a', '1', 0)] : [];
    });
    assert.deepEqual(asked, [0, 1]);
    assert.equal((await tree.real.get('/a'))?.version, 1, 'it was written once');
  });

  it('a write whose answer was lost and which did not go through is done', async () => {
    const { write } = writer();
    tree.faults.push({ error: new OutcomeUnknown({ path: '/a' }), applied: false });
    await write(() => [set('/a', '1')]);
    assert.equal(await value('/a'), '1');
  });

  it('a write with nothing left to write is a success', async () => {
    const { write } = writer();
    await write(() => []);
    assert.equal(tree.transactions.length, 0);
  });

  it('an error that no repetition heals is the caller’s at once, and the next write goes on', async () => {
    const { write } = writer();
    await assert.rejects(
      write(() => {
        throw new Error('a bug');
      }),
      { message: 'a bug' },
    );
    tree.faults.push(
      { error: new VersionConflict({ path: '/a' }), applied: false },
      { error: new Error('the disk'), applied: false },
    );
    await assert.rejects(
      write(() => [set('/a', '1')]),
      { message: 'the disk' },
    );
    await write(() => [set('/a', '2')]);
    assert.equal(await value('/a'), '2');
  });
});
