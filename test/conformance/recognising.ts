import assert from 'node:assert/strict';
import { eventually } from '../eventually.js';
import type { Bench } from './coordinator.js';

/** A client that uses only what it knows. */
export function recognising(bench: Bench): void {
  describe('recognising', () => {
    it('is asked before anything else, and again until it says yes: nothing is read or written before', async () => {
      const other = await bench.open();
      await other.create('/who', 'somebody else');
      const asked: string[] = [];
      const opening = bench.open({
        requestTimeout: Number.POSITIVE_INFINITY,
        recognise: async (get) => {
          const [who, nobody] = await Promise.all([get('/who'), get('/nobody')]);
          assert.equal(nobody, undefined);
          asked.push(who?.value ?? '');
          return who?.value === 'us';
        },
      });
      let isThrough = false;
      const through = (async () => {
        const client = await opening;
        await client.create('/mine', '', { ephemeral: true });
        isThrough = true;
        return client;
      })();
      await eventually(() => assert.ok(asked.length >= 2, `${asked}`));
      assert.equal(isThrough, false);
      assert.equal(await other.get('/mine'), undefined);
      await other.set('/who', 'us');
      const client = await through;
      assert.equal(asked.at(-1), 'us');
      assert.equal((await client.get('/who'))?.value, 'us');
      assert.equal((await other.get('/mine'))?.ephemeral, true);
    });
  });
}
