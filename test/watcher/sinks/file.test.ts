import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendTo } from '../../../watcher/sinks/file.js';
import type { Attempt } from '../../../watcher/sinks/sink.js';

describe('a file that announcements are written to', () => {
  let directory: string;
  let file: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-file-'));
    file = join(directory, 'announced.jsonl');
  });
  afterEach(() => rm(directory, { recursive: true }));

  const append = (id: string, to = file): Promise<Attempt> =>
    appendTo(
      { name: 'log', kind: 'file', file: to, timeout: 1, tries: 1, giveUp: 1 },
      { id, environment: 'e', service: 'web' },
    );
  const lines = async (): Promise<readonly string[]> => (await readFile(file, 'utf8')).split('\n');

  it('gets a line for each', async () => {
    assert.deepEqual(await append('a'), { kind: 'acknowledged' });
    assert.deepEqual(await append('b'), { kind: 'acknowledged' });
    const [a = '', b = '', end] = await lines();
    assert.deepEqual([JSON.parse(a).id, JSON.parse(b).id, end], ['a', 'b', '']);
  });

  it('may be rotated', async () => {
    await append('a');
    await rename(file, `${file}.1`);
    await append('b');
    assert.equal(JSON.parse((await lines())[0] ?? '').id, 'b');
  });

  it('has a line that was cut short end before the next one', async () => {
    await appendFile(file, '{"id":"cut');
    await append('b');
    const [cut, b = ''] = await lines();
    assert.equal(cut, '{"id":"cut');
    assert.equal(JSON.parse(b).id, 'b');
  });

  it('that cannot be written is away, and says why', async () => {
    assert.deepEqual(await append('a', join(directory, 'no', 'file')), {
      kind: 'failed',
      reason: `${join(directory, 'no', 'file')} cannot be written: ENOENT`,
      isAway: true,
    });
  });

  it('is no pipe, which nobody might read', async () => {
    execFileSync('mkfifo', [file]);
    const attempt = await append('a');
    assert.ok(attempt.kind === 'failed');
    assert.match(attempt.reason, /is no ordinary file/);
  });
});
