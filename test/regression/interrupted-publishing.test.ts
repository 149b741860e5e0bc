import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readdir } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { useSandbox } from '../cli/sandbox.js';

describe('Ctrl-C while a formula is published', function () {
  this.timeout(120_000);
  const world = useSandbox();

  it('exits with 130 and leaves nothing in the temporary directory', async () => {
    const { box } = world;
    await box.bootstrap();
    await box.formula('guestbook', 1);
    const temporary = join(box.directory, 'tmp');
    await mkdir(temporary);
    // A storage that takes the request and never answers: the bundle is made, and not stored.
    const asked: (() => void)[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      for (const tell of asked.splice(0)) tell();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const port = (server.address() as AddressInfo).port;
      const urls = [
        '--state',
        `embedded:${box.home}/local/state`,
        '--storage',
        `s3://formulas?region=x&endpoint=http://127.0.0.1:${port}&pathStyle=true`,
      ];
      const reached = new Promise<void>((resolve) => asked.push(resolve));
      const deploying = box.start(['deploy', ...urls, '--repository', 'principia', 'guestbook'], {
        TMPDIR: temporary,
        AWS_ACCESS_KEY_ID: 'a',
        AWS_SECRET_ACCESS_KEY: 'b',
      });
      await Promise.race([reached, deploying.ended]);
      assert.equal((await readdir(temporary)).length, 1, deploying.stderr());
      deploying.process.kill('SIGINT');
      assert.equal((await deploying.ended).code, 130);
      assert.deepEqual(await readdir(temporary), []);
    } finally {
      server.close();
    }
  });
});
