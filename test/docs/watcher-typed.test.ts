import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadEnvironment } from '../../state/environments/environments-file.js';
import { createService } from '../../state/model/services.js';
import { bootstrapTree } from '../../state/model/layout.js';
import { openCoordinator } from '../../state/coordination/open.js';
import { useSandbox } from '../cli/sandbox.js';
import { eventually } from '../eventually.js';
import { freePorts } from '../servers/free-ports.js';
import { WebServer } from '../servers/web-server.js';
import { Receiver } from '../watcher/sinks/receiver.js';
import { type RunningWatcher, startWatcherProcess } from '../watcher/watcher-process.js';
import { sectionOf, textOf } from './project.js';

const page = (): string => textOf('docs/watcher.md');
const SECRET = 'a secret of eight letters or more';

/** The lines under `watcher:` of the page's examples of environments.yaml. */
const sections = (): string =>
  [...page().matchAll(/^```yaml\nwatcher:\n([\s\S]*?)^```/gm)].map(([, lines]) => lines).join('');

/** The first column of a table in a section of the page. */
const rowsOf = (section: string, cell: RegExp): readonly string[] =>
  [...sectionOf(page(), section).matchAll(cell)].map(([, name]) => name ?? '');

describe('the page about the watcher, typed', function () {
  this.timeout(120_000);
  const world = useSandbox();
  let receiver: Receiver;
  let running: RunningWatcher | undefined;
  let index: WebServer;
  beforeEach(async () => {
    receiver = await Receiver.start();
    index = await WebServer.start((_request, response) => {
      response.end(JSON.stringify({ schema: 1, serial: 1, formulas: {} }));
    });
  });
  afterEach(async () => {
    running?.process.kill('SIGKILL');
    await running?.ended;
    running = undefined;
    await receiver.down();
    await index.stop();
  });

  /** Environments as the page's commands name them, with its sinks and triggers; where it names a place, one of this test. */
  async function configure(): Promise<number> {
    const { box } = world;
    await box.formula('guestbook', 1);
    const [port = 0] = await freePorts(1);
    const places: readonly (readonly [string, string])[] = [
      ['https://chat.example.com/hooks/ensemble', receiver.url],
      ['/usr/local/bin/page-ops', `${box.directory}/page-ops`],
      ['/var/log/ensemble/announced.jsonl', `${box.directory}/announced.jsonl`],
      ['127.0.0.1:8378', `127.0.0.1:${port}`],
    ];
    const watcher = places.reduce((text, [from, to]) => {
      assert.ok(text.includes(from), `the page does not name ${from} any more`);
      return text.replace(from, to);
    }, sections());
    const environments = ['production', 'staging'].map(
      (name) => `  ${name}: {state: "embedded:./${name}/state", storage: "file:./${name}/storage"}\n`,
    );
    await box.file(
      'home/environments.yaml',
      `default: production\nenvironments:\n${environments.join('')}watcher:\n${watcher}`,
    );
    for (const name of ['chat', 'github', 'gitlab']) await box.file(`home/${name}.secret`, SECRET, 0o600);
    await box.file('page-ops', '#!/bin/sh\necho "$1 $ENSEMBLE_ANNOUNCEMENT $(cat)" >>"$HOME/paged"\n', 0o755);
    for (const name of ['production', 'staging']) {
      const { state } = await loadEnvironment(name, { ENSEMBLE_HOME: box.home });
      const coordinator = await openCoordinator(state);
      await bootstrapTree(coordinator);
      // Its repository offers nothing, and is one that forges tell of.
      const repository = { name: 'r', path: `${index.url}ops/formulas/` };
      if (name === 'staging')
        await createService(coordinator, 'other', { formula: 'r:other-1', repository }, {});
      await coordinator.close();
      await box.file(`home/${name}/storage/bundles/.keep`, '');
      await box.ok('deploy', '-e', name, '--repository', box.repository, '-n', '0', 'guestbook');
    }
    await box.formula('guestbook', 2);
    return port;
  }

  /** What a command of the page says after the program's name. */
  function words(command: string): readonly string[] {
    assert.ok(page().split('\n').includes(command), `the page does not say ${command} any more`);
    return command.split(' ').slice(1);
  }

  it('watches both environments by the command that it begins with, tells whom it says, and shows it', async () => {
    const port = await configure();
    const { box } = world;
    running = startWatcherProcess(box, words('ensemble-watcher -e production staging'));
    // One whose answer came too late is delivered twice.
    await eventually(() =>
      assert.equal(new Set(receiver.received.map(({ body }) => body)).size, 2, running?.log()),
    );
    const announced = receiver.received.map(({ headers, body }) => ({
      headers,
      body,
      told: JSON.parse(body),
    }));
    const keys = [...(/An announcement: `\{([^}]*)\}`/.exec(page())?.[1] ?? '').matchAll(/"(\w+)"/g)].map(
      ([, key]) => key,
    );
    for (const { headers, body, told } of announced) {
      assert.deepEqual(Object.keys(told).sort(), keys.toSorted());
      assert.equal(headers['idempotency-key'], told.id);
      const signature = createHmac('sha256', SECRET).update(body).digest('hex');
      assert.equal(headers['x-ensemble-signature-256'], `sha256=${signature}`);
      assert.deepEqual([told.deployed, told.eligible, told.questionable, told.did], [1, 2, null, 'notify']);
    }
    assert.deepEqual([...new Set(announced.map(({ told }) => told.environment))].sort(), [
      'production',
      'staging',
    ]);
    const linesOf = async (file: string): Promise<readonly string[]> =>
      (await readFile(join(box.directory, file), 'utf8')).trimEnd().split('\n');
    const { told: own } = announced.find(({ told }) => told.environment === 'production') ?? {};
    await eventually(async () =>
      assert.deepEqual([...new Set(await linesOf('paged'))], [`--quiet ${own.id} ${JSON.stringify(own)}`]),
    );
    await eventually(async () => assert.equal(new Set(await linesOf('announced.jsonl')).size, 2));

    // Before its first pass is over, a watcher looks wherever it is told to.
    await eventually(async () => {
      for (const name of ['production', 'staging'])
        assert.match((await box.ok('watcher', 'reports', '-e', name)).stdout, /announced it/);
    });
    await box.ok('watcher', 'check');
    await box.ok('watcher', 'check', '-e', 'staging', `${index.url}ops/formulas/`);
    await isAnswered(port);
    const documented = [
      ...new Set(
        rowsOf('Metrics', /^\| (.*?) \|/gm).flatMap((cell) => [...cell.matchAll(/`(ensemble_\w+)/g)]),
      ),
    ].map(([, name]) => name);
    // Some are there once the first pass is over.
    await eventually(async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const shown = [...metrics.matchAll(/^# TYPE (\w+) /gm)].map(([, name]) => name);
      assert.deepEqual(documented.toSorted(), shown.toSorted());
    });
    assert.match((await box.ok('watcher', 'status')).stdout, /^watcher: /);
    const { stdout } = await box.ok('watcher', 'repositories', '--format', 'json');
    assert.deepEqual(
      JSON.parse(stdout).repositories.map((each: { location: string }) => each.location),
      [box.repository],
    );
    assert.match((await box.ok('watcher', 'reports')).stdout, /told it in the state; announced it/);
    await box.ok('watcher', 'retry');
    running.process.kill('SIGTERM');
    assert.equal((await running.ended).code, 0);
  });

  /** The listener gives each answer of the page's table, and no other. */
  async function isAnswered(port: number): Promise<void> {
    const send = async (body: string, path: string, isSigned = true): Promise<number> => {
      const signature = createHmac('sha256', SECRET).update(body).digest('hex');
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        body,
        headers: isSigned ? { 'x-hub-signature-256': `sha256=${signature}` } : {},
      });
      await answer.text();
      return answer.status;
    };
    const push = JSON.stringify({ repository: { clone_url: 'https://example.com/nobody.git' } });
    const known = JSON.stringify({ repository: { clone_url: 'https://127.0.0.1/ops/formulas.git' } });
    const answers = new Set([
      await send(known, '/hooks/github'),
      await send(push, '/hooks/github'),
      await send(push, '/hooks/github', false),
      await send('x'.repeat(5 * 1024 ** 2), '/hooks/github').catch(() => 413),
    ]);
    // Many beside each other: a machine that is busy sends one after the other too slowly.
    for (let times = 0; times < 30 && !answers.has(429); times += 1)
      for (const status of await Promise.all(
        Array.from({ length: 20 }, () => send(push, '/hooks/github', false)),
      ))
        answers.add(status);
    const rows = rowsOf('Who may have it look', /^\| (\d{3}) \|/gm).map(Number);
    assert.deepEqual([...answers].sort(), rows.toSorted());
  }

  it('looks once, and ends', async () => {
    await configure();
    const { code, stderr } = await startWatcherProcess(
      world.box,
      words('ensemble-watcher --once -e production'),
    ).ended;
    assert.deepEqual([code, stderr], [0, '']);
    assert.deepEqual(
      receiver.received.map(({ body }) => JSON.parse(body).environment),
      ['production'],
    );
  });
});
