import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flush, flushTogether } from '../../../agent/disk/flush.js';

describe('flushing to the disk', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ensemble-flush-'));
  const missing = join(directory, 'missing');
  after(() => rmSync(directory, { recursive: true }));

  it('of few files flushes each, and fails for one that cannot be flushed', async () => {
    await flush([directory, directory]);
    await assert.rejects(flush([directory, missing]), { code: 'ENOENT' });
  });

  it('of few that are asked for at the same moment fails for those that cannot be flushed, and no other', async () => {
    const asked = [directory, missing, directory].map(flushTogether);
    const results = await Promise.allSettled(asked);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
  });

  it('of many that are asked for at the same moment flushes their file system, once', async () => {
    // Nothing is opened then, so it is no matter that there is none of the others.
    const asked = Array.from({ length: 40 }, (_, index) => (index === 0 ? directory : missing));
    await Promise.all(asked.map(flushTogether));
    await assert.rejects(flushTogether(missing), { code: 'ENOENT' });
  });

  it('of many goes file by file where the file system cannot be flushed', async () => {
    const nowhere = Array.from({ length: 40 }, (_, index) => (index === 0 ? missing : directory));
    const results = await Promise.allSettled(nowhere.map(flushTogether));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', ...Array.from({ length: 39 }, () => 'fulfilled')],
    );
  });
});
