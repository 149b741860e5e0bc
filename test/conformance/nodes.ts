import assert from 'node:assert/strict';
import type { Coordinator } from '../../state/coordination/coordinator.js';
import type { Bench } from './coordinator.js';

/** Reading and writing single nodes. */
export function nodes(bench: Bench): void {
  describe('nodes', () => {
    let client: Coordinator;
    beforeEach(async () => {
      client = await bench.open();
    });

    it('the root always exists and is empty at first', async () => {
      assert.notEqual(await client.get('/'), undefined);
      assert.deepEqual(await client.children('/'), []);
    });

    it('the root can be neither created nor removed', async () => {
      await assert.rejects(client.create('/', 'x'), { code: 'node-exists', path: '/' });
      await assert.rejects(client.remove('/'));
      assert.notEqual(await client.get('/'), undefined);
    });

    it('a created node has its value and version 0', async () => {
      await client.create('/a', '{"n":1}');
      assert.deepEqual(await client.get('/a'), { value: '{"n":1}', version: 0, ephemeral: false });
    });

    it('what does not exist is undefined, children of it too', async () => {
      assert.equal(await client.get('/a'), undefined);
      assert.equal(await client.get('/a/b/c'), undefined);
      assert.equal(await client.children('/a'), undefined);
    });

    it('many at once are each as they are alone, in the order they were asked for', async () => {
      await client.create('/b', '{"n":1}');
      await client.set('/b', '{"n":2}');
      await client.create('/a', 'é');
      await client.create('/held', 'x', { ephemeral: true });
      const paths = ['/b', '/nowhere', '/held', '/a', '/', '/b'];
      const alone = [];
      for (const path of paths) alone.push(await client.get(path));
      assert.deepEqual(await client.getMany(paths), alone);
      assert.deepEqual(await client.getMany([]), []);
    });

    it('a node without children has an empty list of them', async () => {
      await client.create('/a', '');
      assert.deepEqual(await client.children('/a'), []);
    });

    it('children are the direct ones only, sorted', async () => {
      const names = ['b', 'a', 'a.1', 'a-1', 'B', '10', '2', 'é', 'principia:mysql-12', 'z'];
      await client.create('/p', '');
      await client.create('/p-sibling', '');
      await client.create('/pq', '');
      for (const name of names) await client.create(`/p/${name}`, '');
      await client.create('/p/a/deep', '');
      await client.create('/p/a/deep/er', '');
      assert.deepEqual(await client.children('/p'), names.toSorted());
      assert.deepEqual(await client.children('/p/a'), ['deep']);
      assert.deepEqual(await client.children('/'), ['p', 'p-sibling', 'pq']);
    });

    it('creating a node again is refused and changes nothing', async () => {
      await client.create('/a', 'first');
      await assert.rejects(client.create('/a', 'second'), { code: 'node-exists', path: '/a' });
      assert.equal((await client.get('/a'))?.value, 'first');
    });

    it('creating below what does not exist names the missing parent', async () => {
      await assert.rejects(client.create('/a/b', ''), { code: 'node-not-found', path: '/a' });
      await client.create('/a', '');
      await assert.rejects(client.create('/a/b/c', ''), { code: 'node-not-found', path: '/a/b' });
    });

    it('every set counts the version on and returns it', async () => {
      await client.create('/a', '0');
      assert.equal(await client.set('/a', '1'), 1);
      assert.equal(await client.set('/a', '2', 1), 2);
      assert.equal(await client.set('/a', '2'), 3, 'also one that sets the same value');
      assert.deepEqual(await client.get('/a'), { value: '2', version: 3, ephemeral: false });
    });

    it('a set with a version that is not current is a conflict and changes nothing', async () => {
      await client.create('/a', 'x');
      for (const version of [1, 7]) {
        await assert.rejects(client.set('/a', 'y', version), { code: 'version-conflict', path: '/a' });
      }
      await client.set('/a', 'z');
      await assert.rejects(client.set('/a', 'y', 0), { code: 'version-conflict', path: '/a' });
      assert.deepEqual(await client.get('/a'), { value: 'z', version: 1, ephemeral: false });
    });

    it('setting or removing what does not exist is refused, with a version too', async () => {
      await assert.rejects(client.set('/a', ''), { code: 'node-not-found', path: '/a' });
      await assert.rejects(client.set('/a', '', 0), { code: 'node-not-found', path: '/a' });
      await assert.rejects(client.remove('/a'), { code: 'node-not-found', path: '/a' });
      await assert.rejects(client.remove('/a/b', 0), { code: 'node-not-found', path: '/a/b' });
    });

    it('a remove is checked against the version and against children', async () => {
      await client.create('/a', '');
      await client.create('/a/b', '');
      await assert.rejects(client.remove('/a', 1), { code: 'version-conflict', path: '/a' });
      await assert.rejects(client.remove('/a'), { code: 'node-not-empty', path: '/a' });
      await client.remove('/a/b', 0);
      await client.remove('/a', 0);
      assert.equal(await client.get('/a'), undefined);
      assert.deepEqual(await client.children('/'), []);
    });

    it('a node created again starts at version 0', async () => {
      await client.create('/a', 'old');
      await client.set('/a', 'older');
      await client.remove('/a');
      await client.create('/a', 'new');
      assert.deepEqual(await client.get('/a'), { value: 'new', version: 0, ephemeral: false });
    });

    it('any text is kept as it is', async () => {
      const texts = ['', ' ', 'zażółć', '日本語', '👩‍🚀\u0000\u0001', '{"a":"\\u0000"}', 'x'.repeat(900_000)];
      for (const [at, text] of texts.entries()) await client.create(`/text-${at}`, text);
      for (const [at, text] of texts.entries()) assert.equal((await client.get(`/text-${at}`))?.value, text);
    });

    it('names may hold letters outside of the basic plane, and what they stand as on a server', async () => {
      const names = ['📦formulas:notes-1', '\\u{1f4e6}formulas:notes-1', '\\u', '\\u{', '\\\\u{41}'];
      await client.create('/p', '');
      for (const name of names) await client.create(`/p/${name}`, name);
      assert.deepEqual(await client.children('/p'), names.toSorted());
      for (const name of names) assert.equal((await client.get(`/p/${name}`))?.value, name);
    });

    it('names may hold any letters', async () => {
      await client.create('/größe', 'x');
      assert.equal((await client.get('/größe'))?.value, 'x');
      assert.deepEqual(await client.children('/'), ['größe']);
    });

    it('a value that the coordinator cannot take is refused and nothing is lost', async () => {
      await client.create('/a', 'kept');
      const big = 'x'.repeat(1_100_000);
      await assert.rejects(client.create('/b', big), { code: 'value-too-large', path: '/b' });
      await assert.rejects(client.set('/a', big), { code: 'value-too-large', path: '/a' });
      await assert.rejects(client.set('/a', 'é'.repeat(600_000)), { code: 'value-too-large' }, 'bytes count');
      assert.equal((await client.get('/a'))?.value, 'kept');
      assert.equal(await client.get('/b'), undefined);
    });

    it('a thousand requests at once are all answered', async () => {
      await client.create('/many', '');
      const numbers = Array.from({ length: 1_000 }, (_, at) => String(at));
      await Promise.all(numbers.map((at) => client.create(`/many/${at}`, at)));
      assert.deepEqual(await client.children('/many'), numbers.toSorted());
      const read = await Promise.all(numbers.map((at) => client.get(`/many/${at}`)));
      assert.deepEqual(
        read.map((node) => node?.value),
        numbers,
      );
      assert.deepEqual(await client.getMany(numbers.map((at) => `/many/${at}`)), read);
    });
  });
}
