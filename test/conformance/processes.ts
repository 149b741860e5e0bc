import assert from 'node:assert/strict';
import type { Bench } from './coordinator.js';
import { startWriter } from './writing.js';

/** Several processes on one tree. */
export function processes(bench: Bench): void {
  describe('many processes at once', () => {
    it('lose no update of one counter, each set checked by version', async () => {
      const client = await bench.open();
      await client.create('/counter', '0');
      const writers = await Promise.all(
        Array.from({ length: 4 }, () => startWriter(bench, { do: 'count', path: '/counter', times: 50 })),
      );
      for (const writer of writers) writer.begin();
      assert.deepEqual(await Promise.all(writers.map((writer) => writer.ended)), [0, 0, 0, 0]);
      assert.deepEqual(await client.get('/counter'), { value: '200', version: 200, ephemeral: false });
    });

    it('a process that closes its coordinator ends by itself', async () => {
      const client = await bench.open();
      await client.create('/a', '');
      const writer = await startWriter(bench, { do: 'write', path: '/a', name: 'w', times: 1 });
      writer.begin();
      assert.equal(await writer.ended, 0);
      assert.equal((await client.get('/a'))?.value, 'w-1');
    });
  });
}
