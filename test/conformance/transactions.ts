import assert from 'node:assert/strict';
import type { Coordinator, Operation } from '../../state/coordination/coordinator.js';
import type { Bench } from './coordinator.js';

/** Operations that do not apply to the tree of `beforeEach`, and the error that says so. */
const failing: readonly (readonly [title: string, Operation, { code: string; path: string }])[] = [
  ['a check of what is missing', { kind: 'check', path: '/no' }, { code: 'node-not-found', path: '/no' }],
  [
    'a check of another version',
    { kind: 'check', path: '/a', version: 4 },
    { code: 'version-conflict', path: '/a' },
  ],
  ['a create of what exists', { kind: 'create', path: '/a', value: '' }, { code: 'node-exists', path: '/a' }],
  [
    'a create without a parent',
    { kind: 'create', path: '/no/x', value: '' },
    { code: 'node-not-found', path: '/no' },
  ],
  [
    'a set of what is missing',
    { kind: 'set', path: '/no', value: '' },
    { code: 'node-not-found', path: '/no' },
  ],
  [
    'a set of another version',
    { kind: 'set', path: '/a', value: '', version: 1 },
    { code: 'version-conflict', path: '/a' },
  ],
  ['a remove of what is missing', { kind: 'remove', path: '/no' }, { code: 'node-not-found', path: '/no' }],
  [
    'a remove of another version',
    { kind: 'remove', path: '/a', version: 9 },
    { code: 'version-conflict', path: '/a' },
  ],
  ['a remove of what has children', { kind: 'remove', path: '/p' }, { code: 'node-not-empty', path: '/p' }],
];

/** Several operations that apply wholly or not at all. */
export function transactions(bench: Bench): void {
  describe('transactions', () => {
    let client: Coordinator;
    beforeEach(async () => {
      client = await bench.open();
      for (const path of ['/a', '/b', '/c', '/p', '/p/child']) await client.create(path, 'old');
    });
    const values = async (...paths: string[]): Promise<(string | undefined)[]> =>
      (await Promise.all(paths.map((path) => client.get(path)))).map((node) => node?.value);

    it('applies every kind of operation together', async () => {
      await client.transaction([
        { kind: 'check', path: '/c', version: 0 },
        { kind: 'create', path: '/new', value: 'new' },
        { kind: 'set', path: '/a', value: 'set', version: 0 },
        { kind: 'remove', path: '/b' },
      ]);
      assert.deepEqual(await values('/new', '/a', '/b', '/c'), ['new', 'set', undefined, 'old']);
      assert.equal((await client.get('/a'))?.version, 1);
      assert.equal((await client.get('/c'))?.version, 0, 'a check changes nothing');
    });

    for (const [title, operation, error] of failing) {
      for (const position of ['first', 'in the middle', 'last'] as const) {
        it(`${title}, ${position}, and nothing is applied`, async () => {
          const good: Operation[] = [
            { kind: 'create', path: '/new', value: '' },
            { kind: 'set', path: '/b', value: 'changed' },
            { kind: 'remove', path: '/c' },
            { kind: 'remove', path: '/p/child' },
          ];
          // Removing the child would make its parent removable: the operation under test must fail on its own.
          if (operation.path === '/p') good.pop();
          const at = { first: 0, 'in the middle': 2, last: good.length }[position];
          await assert.rejects(client.transaction(good.toSpliced(at, 0, operation)), error);
          assert.deepEqual(await values('/new', '/b', '/c', '/p/child'), [undefined, 'old', 'old', 'old']);
          assert.deepEqual(await client.children('/'), ['a', 'b', 'c', 'p']);
        });
      }
    }

    it('the first operation that does not apply gives the error', async () => {
      await assert.rejects(
        client.transaction([
          { kind: 'set', path: '/a', value: '' },
          { kind: 'remove', path: '/missing-1' },
          { kind: 'remove', path: '/missing-2' },
        ]),
        { code: 'node-not-found', path: '/missing-1' },
      );
    });

    it('an operation sees what those before it did', async () => {
      await client.transaction([
        { kind: 'create', path: '/x', value: '0' },
        { kind: 'create', path: '/x/y', value: 'child' },
        { kind: 'set', path: '/x', value: '1', version: 0 },
        { kind: 'set', path: '/x', value: '2', version: 1 },
        { kind: 'check', path: '/x', version: 2 },
        { kind: 'remove', path: '/p/child' },
        { kind: 'remove', path: '/p' },
      ]);
      assert.deepEqual(await client.get('/x'), { value: '2', version: 2, ephemeral: false });
      assert.deepEqual(await client.children('/'), ['a', 'b', 'c', 'x']);
      assert.deepEqual(await client.children('/x'), ['y']);
    });

    it('what one transaction creates, sets and removes is gone after it', async () => {
      await client.transaction([
        { kind: 'create', path: '/x', value: '' },
        { kind: 'set', path: '/x', value: '1' },
        { kind: 'remove', path: '/x', version: 1 },
      ]);
      assert.equal(await client.get('/x'), undefined);
      assert.deepEqual(await client.children('/'), ['a', 'b', 'c', 'p']);
    });

    it('a node removed and created again in one transaction is a new one', async () => {
      await client.set('/a', 'older');
      await client.transaction([
        { kind: 'remove', path: '/a' },
        { kind: 'create', path: '/a', value: 'fresh' },
      ]);
      assert.deepEqual(await client.get('/a'), { value: 'fresh', version: 0, ephemeral: false });
    });

    it('a parent that gets a child in the same transaction cannot be removed after it', async () => {
      const operations: Operation[] = [
        { kind: 'create', path: '/a/child', value: '' },
        { kind: 'remove', path: '/a' },
      ];
      await assert.rejects(client.transaction(operations), { code: 'node-not-empty', path: '/a' });
      assert.deepEqual(await client.children('/a'), []);
    });

    it('a transaction without operations does nothing', async () => {
      await client.transaction([]);
      assert.deepEqual(await client.children('/'), ['a', 'b', 'c', 'p']);
    });

    it('a transaction that does not fit one request is refused whole', async () => {
      const half = 'x'.repeat(700_000);
      await assert.rejects(
        client.transaction([
          { kind: 'set', path: '/a', value: half },
          { kind: 'set', path: '/b', value: half },
        ]),
        { code: 'value-too-large' },
      );
      assert.deepEqual(await values('/a', '/b'), ['old', 'old']);
    });

    it('of many clients that claim one name by transaction, exactly one succeeds', async () => {
      const clients = await Promise.all(Array.from({ length: 5 }, () => bench.open()));
      const claims = await Promise.allSettled(
        clients.map((claimant, at) =>
          claimant.transaction([
            { kind: 'create', path: '/claim', value: String(at) },
            { kind: 'set', path: '/a', value: `claimed by ${at}` },
          ]),
        ),
      );
      const winners = claims.flatMap((claim, at) => (claim.status === 'fulfilled' ? [String(at)] : []));
      assert.equal(winners.length, 1);
      assert.deepEqual(await values('/claim', '/a'), [winners[0], `claimed by ${winners[0]}`]);
      assert.equal((await client.get('/a'))?.version, 1);
    });
  });
}
