import assert from 'node:assert/strict';
import type { Coordinator, SessionEvent } from '../../state/coordination/coordinator.js';
import { eventually, eventuallyTrue } from '../eventually.js';
import type { Bench } from './coordinator.js';

/** Sessions that are handed on, and sessions that are lost. */
export function sessions(bench: Bench): void {
  describe('sessions', () => {
    /** Resolves when a session as old as those opened before the call, and left alone, has run out. */
    const oneSessionLater = async (client: Coordinator): Promise<void> => {
      const left = await bench.open();
      await left.create('/left-alone', '', { ephemeral: true });
      await left.close({ keepSession: true });
      await eventuallyTrue('a session runs out', async () => (await client.get('/left-alone')) === undefined);
    };

    it('a kept session is continued by the next process, ephemerals and all', async () => {
      const observer = await bench.open();
      const first = await bench.open();
      await first.create('/e', 'x', { ephemeral: true });
      const session = first.savedSession();
      await first.close({ keepSession: true });
      assert.equal((await observer.get('/e'))?.value, 'x', 'it stays between the two');
      const second = await bench.open({ session });
      await oneSessionLater(observer);
      assert.deepEqual(await observer.get('/e'), { value: 'x', version: 0, ephemeral: true });
      await second.close();
      await eventuallyTrue('it ends with the second', async () => (await observer.get('/e')) === undefined);
    });

    it('a kept session that nobody continues runs out', async () => {
      const observer = await bench.open();
      const first = await bench.open();
      await first.create('/e', '', { ephemeral: true });
      await first.close({ keepSession: true });
      await eventuallyTrue('it runs out', async () => (await observer.get('/e')) === undefined);
    });

    it('a saved session that has run out is silently replaced by a new one', async () => {
      const observer = await bench.open();
      const first = await bench.open();
      await first.create('/e', '', { ephemeral: true });
      const session = first.savedSession();
      await first.close();
      await eventuallyTrue('it is gone', async () => (await observer.get('/e')) === undefined);
      const second = await bench.open({ session });
      await second.create('/e', 'second', { ephemeral: true });
      assert.equal((await observer.get('/e'))?.value, 'second');
      assert.equal(typeof second.savedSession(), 'string');
    });

    it('after an expiry the session says so, and its ephemerals come back as they were last', async () => {
      const observer = await bench.open();
      const client = await bench.open();
      const events: SessionEvent[] = [];
      client.onSession((event) => events.push(event));
      await client.create('/dir', '');
      await client.create('/dir/a', 'a', { ephemeral: true });
      await client.transaction([{ kind: 'create', path: '/dir/b', value: 'b', ephemeral: true }]);
      await client.create('/dir/removed', '', { ephemeral: true });
      await client.remove('/dir/removed');
      await client.set('/dir/a', 'changed');
      await bench.tree.expire(client);
      await eventuallyTrue('expired is told', () => events.includes('expired'));
      await eventually(async () => {
        assert.deepEqual(await observer.children('/dir'), ['a', 'b']);
        assert.equal((await observer.get('/dir/a'))?.value, 'changed');
        assert.equal((await observer.get('/dir/b'))?.ephemeral, true);
      });
      await oneSessionLater(observer);
      assert.deepEqual(await observer.children('/dir'), ['a', 'b'], 'they live with the new session');
      await client.close();
      await eventuallyTrue('and end with it', async () => (await observer.children('/dir'))?.length === 0);
    });

    it('after an expiry requests are answered and observations go on', async () => {
      const other = await bench.open();
      const client = await bench.open();
      await client.create('/a', '0');
      await client.create('/session', '', { ephemeral: true });
      const seen: (string | undefined)[] = [];
      client.observe('/a', (node) => seen.push(node?.value));
      await eventuallyTrue('the first look', () => seen.length === 1);
      let expired = false;
      client.onSession((event) => {
        expired ||= event === 'expired';
      });
      await bench.tree.expire(client);
      await other.set('/a', '1');
      await eventuallyTrue('the change made meanwhile is seen', () => seen.at(-1) === '1');
      await eventuallyTrue('expired is told', () => expired);
      await client.set('/a', '2', 1);
      await eventuallyTrue('and the one after', () => seen.at(-1) === '2');
    });

    it('an ephemeral whose parent went away meanwhile does not keep the others from coming back', async () => {
      const observer = await bench.open();
      const client = await bench.open();
      await client.create('/gone', '');
      await client.create('/gone/e', '', { ephemeral: true });
      await client.create('/e', '', { ephemeral: true });
      let expired = false;
      client.onSession((event) => {
        expired ||= event === 'expired';
      });
      await observer.remove('/gone/e');
      await observer.remove('/gone');
      await bench.tree.expire(client);
      await eventuallyTrue('expired is told', () => expired);
      await eventuallyTrue('the other is back', async () => (await observer.get('/e')) !== undefined);
      await client.create('/f', '', { ephemeral: true });
    });

    it('a listener that was removed is told nothing', async () => {
      const client = await bench.open();
      const heard: SessionEvent[] = [];
      const missed: SessionEvent[] = [];
      client.onSession((event) => heard.push(event));
      client.onSession((event) => missed.push(event))();
      await client.create('/session', '', { ephemeral: true });
      await bench.tree.expire(client);
      await eventuallyTrue('the other is told', () => heard.includes('expired'));
      assert.deepEqual(missed, []);
    });
  });
}
