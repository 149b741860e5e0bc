import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { signatureOf } from '../../../watcher/sinks/webhook.js';
import { useSandbox } from '../../cli/sandbox.js';
import { eventually } from '../../eventually.js';
import { type RunningWatcher, startWatcherProcess } from '../watcher-process.js';

const SECRET = 'a long secret';

/** An index without formulas, on loopback, that counts how often it was asked. */
class Index {
  asked = 0;
  readonly #server: Server = createServer((_request, answer) => {
    this.asked += 1;
    answer.end(JSON.stringify({ schema: 1, serial: 1, formulas: {} }));
  });

  async up(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.address() as AddressInfo).port;
  }

  down(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

describe('a webhook', function () {
  this.timeout(120_000);
  const world = useSandbox();
  let running: RunningWatcher | undefined;
  let index: Index;
  beforeEach(() => {
    index = new Index();
  });
  afterEach(async () => {
    running?.process.kill('SIGKILL');
    await index.down();
  });

  async function configure(address: string): Promise<void> {
    const secret = join(world.box.home, 'github.secret');
    await writeFile(secret, SECRET, { mode: 0o600 });
    await writeFile(
      join(world.box.home, 'environments.yaml'),
      `environments:
  local: {state: "embedded:./local/state", storage: "file:./local/storage"}
watcher:
  listen: ${address}
  triggers: {github: {secretFile: github.secret}}
`,
    );
  }

  const portOf = (watcher: RunningWatcher): Promise<string> =>
    eventually(() => {
      const [, port = ''] = /"listens for [^}]*"port":(\d+)/.exec(watcher.log()) ?? [];
      assert.notEqual(port, '', watcher.log());
      return port;
    });

  it('has the repository asked at once that it is about, which the metrics tell', async () => {
    await world.box.formula('guestbook', 1);
    await world.box.bootstrap();
    await world.box.ok('deploy', '--repository', world.box.repository, '-n', '0', 'guestbook');
    const location = `http://127.0.0.1:${await index.up()}/ops/formulas/`;
    const tree = await world.box.coordinator();
    const node = await tree.get('/services/guestbook');
    const service = JSON.parse(node?.value ?? '');
    await tree.set(
      '/services/guestbook',
      JSON.stringify({ ...service, repository: { ...service.repository, path: location } }),
    );
    await configure('127.0.0.1:0');
    running = startWatcherProcess(world.box, ['--period', '1h']);
    const port = await portOf(running);
    await eventually(async () => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      assert.match(text, /^ensemble_watcher_passes_total [1-9]$/m);
      assert.match(text, /^ensemble_watcher_leads\{environment="local"\} 1$/m);
      assert.match(text, /^ensemble_watcher_polls_total\{outcome="ok"\} 1$/m);
      assert.match(text, /^ensemble_watcher_repositories\{circuit="closed"\} 1$/m);
      const label = `repository="${location}"`;
      assert.ok(text.includes(`ensemble_watcher_repository_circuit{${label},circuit="closed"} 1\n`), text);
      assert.ok(text.includes(`ensemble_watcher_repository_failures{${label}} 0\n`));
      assert.match(
        text,
        /^ensemble_watcher_repository_last_success_timestamp_seconds\{repository="[^"]+"\} 1\d{9}/m,
      );
    });
    assert.equal(index.asked, 1);
    const body = JSON.stringify({ repository: { clone_url: 'https://127.0.0.1/ops/formulas.git' } });
    const send = (signature: string): Promise<Response> =>
      fetch(`http://127.0.0.1:${port}/hooks/github`, {
        method: 'POST',
        body,
        headers: { 'x-hub-signature-256': signature },
      });
    assert.equal((await send('sha256=00')).status, 401);
    assert.equal((await send(signatureOf(body, SECRET))).status, 202);
    await eventually(() => assert.equal(index.asked, 2));
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    assert.match(text, /^ensemble_watcher_webhooks_total\{forge="github",status="202"\} 1$/m);
    assert.match(text, /^ensemble_watcher_webhooks_total\{forge="github",status="401"\} 1$/m);
    assert.doesNotMatch(running.log(), /a long secret/);
    running.process.kill('SIGTERM');
    assert.equal((await running.ended).code, 0);
  });

  it('finds a listener that says that its address is not to be had, and listens at another one', async () => {
    await world.box.bootstrap();
    // Of the addresses for documentation, which no machine has.
    await configure('192.0.2.1:8378');
    const { code, stderr } = await startWatcherProcess(world.box, []).ended;
    assert.equal(code, 1);
    assert.match(
      stderr,
      /192\.0\.2\.1:8378 cannot be listened at: EADDRNOTAVAIL\n {2}try: choose another address for/,
    );
    await configure('127.0.0.1:0');
    running = startWatcherProcess(world.box, []);
    await portOf(running);
  });
});
