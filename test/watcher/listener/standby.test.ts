import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { askWatcher } from '../../../control/watching/check.js';
import type { Coordinator } from '../../../state/coordination/coordinator.js';
import type { Environment } from '../../../state/environments/environment.js';
import { noWatcherRules } from '../../../state/environments/watcher-section.js';
import { systemClock } from '../../../state/platform/clock.js';
import type { Listener } from '../../../watcher/listener/listen.js';
import { openListener } from '../../../watcher/listener/open-listener.js';
import { WatcherMetrics } from '../../../watcher/metrics/watcher-metrics.js';
import { signatureOf } from '../../../watcher/sinks/webhook.js';
import { eventually } from '../../eventually.js';
import { WebServer } from '../../servers/web-server.js';
import { useWatchedWorld } from '../watched-world.js';

const SECRET = 'a long secret';

describe('a webhook that reaches a watcher that stands by', function () {
  this.timeout(120_000);
  const at = useWatchedWorld();
  let server: WebServer;
  let environment: Environment & { readonly coordinator: Coordinator };
  let listener: Listener | undefined;
  beforeEach(async () => {
    const { world } = at;
    server = await WebServer.start((_request, response) => {
      response.end(JSON.stringify({ schema: 1, serial: 1, formulas: {} }));
    });
    environment = await world.environment();
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    await world.service(environment.coordinator, 's', id, `${server.url}ops/formulas/`);
    await world.service(environment.coordinator, 'other', id, `${server.url}ops/others/`);
    await writeFile(world.path('secret'), SECRET, { mode: 0o600 });
  });
  afterEach(async () => {
    await listener?.close();
    listener = undefined;
    await server.stop();
  });

  const push = async (path: string): Promise<number> => {
    const body = JSON.stringify({ repository: { clone_url: `https://127.0.0.1/${path}.git` } });
    const { status } = await fetch(`http://127.0.0.1:${listener?.port}/hooks/github`, {
      method: 'POST',
      body,
      headers: { 'x-hub-signature-256': signatureOf(body, SECRET) },
    });
    return status;
  };

  it('is passed to the one that leads, which asks that repository alone', async () => {
    const { world } = at;
    const leader = await world.watch([environment]);
    assert.equal(leader.polls(), 2);
    const standby = world.standing([environment]);
    const rules = {
      ...noWatcherRules,
      listen: { host: '127.0.0.1', port: 0 },
      triggers: { github: world.path('secret') },
    };
    const surroundings = { clock: systemClock, random: Math.random, log: world.logging() };
    listener = await openListener(standby, rules, new WatcherMetrics(systemClock, 'test'), surroundings);
    await eventually(async () => assert.equal((await standby.watched())?.length, 2));
    assert.deepEqual(standby.leads(), []);
    assert.equal(await push('ops/nothing'), 404, 'no service came from there');
    assert.equal(await push('ops/formulas'), 202);
    await eventually(() => {
      assert.equal(server.asked.length, 3);
      assert.match(server.asked.at(-1)?.path ?? '', /^\/ops\/formulas\//);
    });
    assert.equal(leader.polls(), 3);
    assert.equal(standby.polls(), 0);
  });

  it('is seen to by whoever leads next, where nobody does', async () => {
    const { world } = at;
    const request = { by: 'a', requestedAt: '', repositories: ['127.0.0.1/ops/others', 'example.com/no'] };
    const asking = askWatcher(environment.coordinator, request, { clock: systemClock, patience: 30_000 });
    await world.watch([environment]);
    assert.equal((await asking).asked, 1);
  });
});
