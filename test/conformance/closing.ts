import assert from 'node:assert/strict';
import { EnsembleError } from '../../state/platform/errors.js';
import type { Bench } from './coordinator.js';

/** Closing at any time. */
export function closing(bench: Bench): void {
  describe('closing', () => {
    it('before anything was asked, and twice', async () => {
      const client = await bench.open();
      await Promise.all([client.close(), client.close()]);
      await client.close({ keepSession: true });
    });

    it('with requests under way lets every one of them end', async () => {
      const [client, other] = await Promise.all([bench.open(), bench.open()]);
      const requests = [
        ...Array.from({ length: 50 }, (_, at) => client.create(`/n${at}`, '')),
        client.get('/'),
        client.getMany(['/', '/n0']),
        client.children('/'),
      ];
      const closed = client.close();
      const outcomes = await Promise.allSettled(requests);
      await closed;
      const names = new Set(await other.children('/'));
      for (const [at, outcome] of outcomes.entries()) {
        if (outcome.status === 'rejected')
          assert.ok(outcome.reason instanceof EnsembleError, `${outcome.reason}`);
        else if (at < 50) assert.ok(names.has(`n${at}`), `n${at} was acknowledged`);
      }
    });

    it('after it every request is refused', async () => {
      const client = await bench.open();
      await client.create('/a', '');
      await client.close();
      const requests = [
        client.get('/a'),
        client.getMany(['/a']),
        client.children('/'),
        client.create('/b', ''),
        client.set('/a', 'x'),
        client.remove('/a'),
        client.transaction([{ kind: 'check', path: '/a' }]),
      ];
      for (const request of requests) await assert.rejects(request, EnsembleError);
      const other = await bench.open();
      assert.deepEqual(await other.get('/a'), { value: '', version: 0, ephemeral: false });
    });

    it('what was acknowledged is there for whoever opens next', async () => {
      const first = await bench.open();
      await first.create('/a', 'x');
      await first.set('/a', 'y');
      await first.close();
      const second = await bench.open();
      assert.deepEqual(await second.get('/a'), { value: 'y', version: 1, ephemeral: false });
    });
  });
}
