import assert from 'node:assert/strict';
import { readWatchedRepositories } from '../../control/watching/watched-repositories.js';
import { writeIndex } from '../../state/formula/repositories/write-index.js';
import { systemClock } from '../../state/platform/clock.js';
import { startWatcher } from '../../watcher/watcher.js';
import { eventuallyTrue } from '../eventually.js';
import { filesOf, WebServer } from '../servers/web-server.js';
import { useWatchedWorld } from '../watcher/watched-world.js';

describe('what is said of repositories that were asked', function () {
  this.timeout(120_000);
  const at = useWatchedWorld();
  let server: WebServer;
  beforeEach(async () => {
    const files = filesOf(at.world.path('web'));
    server = await WebServer.start((request, response) => {
      if (request.url?.startsWith('/hangs/') === true) return undefined;
      if (request.url?.startsWith('/limited/') === true)
        return void response.writeHead(429, { 'retry-after': '600' }).end();
      return files(request, response);
    });
  });
  afterEach(() => server.stop());

  async function deployed(places: readonly string[]) {
    const { world } = at;
    const environment = await world.environment();
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    await world.formula('web/ok/f-2', 'f', 2);
    await writeIndex(world.path('web/ok'), { withdraw: [], restore: [] }, world.path('work'), 0);
    for (const [index, place] of places.entries())
      await world.service(environment.coordinator, `s${index}`, id, `${server.url}${place}/`);
    return { environment, id };
  }

  it('is when they were asked last, although they answer as before', async () => {
    const { environment } = await deployed(['ok']);
    const watcher = await at.world.watch([environment]);
    const [first] = await readWatchedRepositories(environment.coordinator);
    for (const look of [() => watcher.pass(), () => watcher.check(() => true)]) {
      const began = new Date().toISOString();
      await look();
      const [again] = await readWatchedRepositories(environment.coordinator);
      assert.deepEqual([again?.outcome, again?.validator], ['ok', first?.validator]);
      assert.ok((again?.at ?? '') >= began, `${again?.at} is not before ${began}`);
      assert.ok((again?.lastOkAt ?? '') >= began, `${again?.lastOkAt} is not before ${began}`);
    }
  });

  it('is that one did not answer yet', async () => {
    const { environment } = await deployed(['hangs', 'ok']);
    const watcher = startWatcher({
      environments: [environment],
      period: 500,
      version: 'test',
      clock: systemClock,
      random: Math.random,
      log: at.world.logging(),
      openParts: async () => ({
        reporter: { report: () => undefined },
        announcer: { announce: async () => undefined },
        parts: [],
        close: async () => undefined,
      }),
    });
    try {
      await eventuallyTrue('it leads', () => watcher.leads().length === 1);
      const looked = await watcher.check(() => true);
      assert.deepEqual(
        { ...looked, unanswered: looked.unanswered.filter((place) => place.endsWith('/hangs/')) },
        { asked: 2, unanswered: [`${server.url}hangs/`], leftAlone: [] },
      );
    } finally {
      await watcher.stop();
    }
  });

  it('is that one was left alone, as its host is asked too often', async () => {
    const { environment, id } = await deployed(['limited']);
    const { world } = at;
    const watcher = await world.watch([environment]);
    await world.service(environment.coordinator, 'another', id, `${server.url}ok/`);
    const looked = await watcher.check(() => true);
    assert.deepEqual(
      { ...looked, leftAlone: [...looked.leftAlone].sort() },
      { asked: 0, unanswered: [], leftAlone: [`${server.url}limited/`, `${server.url}ok/`] },
    );
  });
});
