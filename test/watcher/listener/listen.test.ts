import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListenerFailed } from '../../../watcher/listener/errors.js';
import { type Listener, type ListenerOptions, listen } from '../../../watcher/listener/listen.js';
import { signatureOf } from '../../../watcher/sinks/webhook.js';
import { eventually } from '../../eventually.js';
import { ManualClock } from '../../manual-clock.js';

const SECRET = 'a long secret';

describe('the listener', () => {
  let directory: string;
  let listener: Listener;
  let options: ListenerOptions;
  let triggered: string[];
  let answered: string[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ensemble-listen-'));
    const secretFile = join(directory, 'secret');
    await writeFile(secretFile, SECRET, { mode: 0o600 });
    triggered = [];
    answered = [];
    options = {
      host: '127.0.0.1',
      port: 0,
      triggers: { github: secretFile },
      trigger: (keys) => {
        triggered.push(...keys);
        return keys.has('github.com/o/r');
      },
      metrics: async () => 'ensemble_watcher_info 1\n',
      clock: new ManualClock(),
      answered: (forge, status) => answered.push(`${forge} ${status}`),
      failed: (reason) => assert.fail(reason),
    };
    listener = await listen(options);
  });
  afterEach(async () => {
    await listener.close();
    await rm(directory, { recursive: true });
  });

  const at = (path: string): string => `http://127.0.0.1:${listener.port}${path}`;
  const push = (url: string, signature?: string, path = '/hooks/github'): Promise<Response> => {
    const body = JSON.stringify({ repository: { clone_url: url } });
    return fetch(at(path), {
      method: 'POST',
      body,
      headers: { 'x-hub-signature-256': signature ?? signatureOf(body, SECRET) },
    });
  };

  it('has a repository looked at that a signed webhook names, and says 202', async () => {
    assert.equal((await push('https://github.com/o/r.git')).status, 202);
    assert.deepEqual(triggered, ['github.com/o/r']);
    assert.deepEqual(answered, ['github 202']);
  });

  it('says 401 to one that is not signed, and looks at nothing', async () => {
    assert.equal((await push('https://github.com/o/r.git', 'sha256=00')).status, 401);
    assert.deepEqual(triggered, []);
  });

  it('says 404 of a repository that nobody watches, of a forge that is not named, and of any other path', async () => {
    assert.equal((await push('https://github.com/o/other.git')).status, 404);
    assert.equal((await push('https://github.com/o/r.git', undefined, '/hooks/gitlab')).status, 404);
    assert.equal((await push('https://github.com/o/r.git', undefined, '/')).status, 404);
    assert.equal((await fetch(at('/hooks/github'))).status, 405);
  });

  it('says 413 to one that is too large, whether or not it says so before, and hears no more of it', async () => {
    const send = (headers: Readonly<Record<string, string>>): Promise<number | undefined> =>
      new Promise((resolve) => {
        const sent = request(at('/hooks/github'), { method: 'POST', headers }, (answer) => {
          resolve(answer.statusCode);
          answer.resume();
        });
        // What is still on its way when the server closes may break the connection before the answer is read.
        sent.on('error', () => resolve(undefined));
        sent.write('x'.repeat(4 * 1024 * 1024 + 1));
      });
    const large = { 'content-length': String(100 * 1024 * 1024) };
    await eventually(async () => assert.equal(await send(large), 413));
    await eventually(async () => assert.equal(await send({ 'transfer-encoding': 'chunked' }), 413));
  });

  it('says 429 to one that asks too often, and when to come again', async () => {
    const statuses: number[] = [];
    for (let count = 0; count < 60; count += 1) statuses.push((await fetch(at('/hooks/github'))).status);
    assert.deepEqual([...new Set(statuses)], [405]);
    const late = await push('https://github.com/o/r.git');
    assert.deepEqual([late.status, late.headers.get('retry-after')], [429, '1']);
    assert.deepEqual(triggered, []);
    assert.equal((await fetch(at('/metrics'))).status, 200);
  });

  it('shows the metrics to whoever reads them', async () => {
    const answer = await fetch(at('/metrics'));
    assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
    assert.equal(await answer.text(), 'ensemble_watcher_info 1\n');
    assert.equal((await fetch(at('/metrics'), { method: 'POST' })).status, 405);
  });

  it('says so where its address is taken', async () => {
    await assert.rejects(listen({ ...options, port: listener.port }), (error: Error) => {
      assert.ok(error instanceof ListenerFailed);
      assert.match(error.message, /127\.0\.0\.1:\d+ cannot be listened at: EADDRINUSE/);
      return true;
    });
  });
});
