import assert from 'node:assert/strict';
import { eventuallyTrue } from '../eventually.js';
import type { Bench } from './coordinator.js';
import { startWriter } from './writing.js';

/** Nodes that live as long as their session. */
export function ephemerals(bench: Bench): void {
  describe('ephemerals', () => {
    it('are read as such, and counted among the children', async () => {
      const client = await bench.open();
      await client.create('/here', 'x', { ephemeral: true });
      assert.deepEqual(await client.get('/here'), { value: 'x', version: 0, ephemeral: true });
      assert.equal(await client.set('/here', 'y'), 1);
      assert.deepEqual(await client.get('/here'), { value: 'y', version: 1, ephemeral: true });
      assert.deepEqual(await client.children('/'), ['here']);
    });

    it('vanish when their session is closed, persistent nodes stay', async () => {
      const [owner, other] = await Promise.all([bench.open(), bench.open()]);
      await owner.create('/stays', '');
      await owner.create('/stays/gone', '', { ephemeral: true });
      await owner.transaction([{ kind: 'create', path: '/gone', value: '', ephemeral: true }]);
      await eventuallyTrue('the other client sees it', async () => (await other.get('/gone')) !== undefined);
      await owner.close();
      await eventuallyTrue('they vanish', async () => (await other.children('/'))?.join() === 'stays');
      assert.deepEqual(await other.children('/stays'), []);
    });

    it('vanish when their process is killed, and only when its session has run out', async () => {
      const client = await bench.open();
      const dying = await startWriter(bench, { do: 'hold', path: '/dying' });
      const living = await startWriter(bench, { do: 'hold', path: '/living' });
      const killed = performance.now();
      dying.kill('SIGKILL');
      await dying.ended;
      assert.notEqual(await client.get('/dying'), undefined, 'a killed process may come back');
      await eventuallyTrue('it vanishes', async () => (await client.get('/dying')) === undefined);
      const lived = performance.now() - killed;
      // A third is what a heartbeat may already have used up of the session when the process was killed.
      assert.ok(
        lived > bench.tree.sessionTimeout / 2,
        `the session lived on for ${Math.round(lived)} ms only`,
      );
      assert.notEqual(
        await client.get('/living'),
        undefined,
        'a session older than that, but alive, is kept',
      );
      living.kill('SIGKILL');
    });

    it('can be removed by anybody, and stay removed', async () => {
      const [owner, other] = await Promise.all([bench.open(), bench.open()]);
      await owner.create('/e', '', { ephemeral: true });
      await eventuallyTrue('seen', async () => (await other.get('/e')) !== undefined);
      await other.remove('/e');
      await eventuallyTrue('removed', async () => (await owner.get('/e')) === undefined);
      await owner.create('/e', 'again', { ephemeral: true });
      assert.equal((await owner.get('/e'))?.value, 'again');
    });

    it('that are to last once are not made again after an expiry, those beside them are', async () => {
      const owner = await bench.open();
      let expired = false;
      owner.onSession((event) => {
        expired ||= event === 'expired';
      });
      await owner.transaction([
        { kind: 'create', path: '/once', value: '', ephemeral: 'once' },
        { kind: 'create', path: '/again', value: '', ephemeral: true },
      ]);
      assert.deepEqual(await owner.children('/'), ['again', 'once']);
      await bench.tree.expire(owner);
      await eventuallyTrue('expired is told', () => expired);
      await eventuallyTrue('one is back', async () => (await owner.children('/'))?.join() === 'again');
    });

    it('have no children', async () => {
      const client = await bench.open();
      await client.create('/e', '', { ephemeral: true });
      await assert.rejects(client.create('/e/child', ''));
      await assert.rejects(client.transaction([{ kind: 'create', path: '/e/child', value: '' }]));
      assert.equal(await client.get('/e/child'), undefined);
    });

    it('a name taken by an ephemeral of another session is taken', async () => {
      const [owner, other] = await Promise.all([bench.open(), bench.open()]);
      await owner.create('/e', 'mine', { ephemeral: true });
      await assert.rejects(other.create('/e', 'yours', { ephemeral: true }), {
        code: 'node-exists',
        path: '/e',
      });
      await other.close();
      assert.equal((await owner.get('/e'))?.value, 'mine');
    });

    it('closing one session leaves the ephemerals of another', async () => {
      const [one, two] = await Promise.all([bench.open(), bench.open()]);
      await one.create('/one', '', { ephemeral: true });
      await two.create('/two', '', { ephemeral: true });
      await one.close();
      await eventuallyTrue('one vanishes', async () => (await two.children('/'))?.join() === 'two');
    });
  });
}
