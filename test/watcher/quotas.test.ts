import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { readWatchedRepositories } from '../../control/watching/watched-repositories.js';
import { commitAll, gitBackend } from '../servers/git-server.js';
import { WebServer } from '../servers/web-server.js';
import { paths } from '../../state/model/paths.js';
import { useWatchedWorld } from './watched-world.js';

describe('a host that says that it is asked too often', function () {
  this.timeout(120_000);
  const at = useWatchedWorld();
  let server: WebServer;
  let before: string | undefined;
  beforeEach(async () => {
    const { world } = at;
    before = process.env.GIT_CONFIG_GLOBAL;
    const backend = gitBackend(world.root);
    // Of two tokens one has used up what it may ask.
    server = await WebServer.start((request, response) => {
      const [, said = ''] = /^Basic (.*)$/.exec(request.headers.authorization ?? '') ?? [];
      const [, token] = Buffer.from(said, 'base64').toString('utf8').split(':');
      if (token === 'fresh') return backend(request, response);
      if (token === 'spent') response.writeHead(429, { 'retry-after': '3600' }).end();
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="formulas"' }).end();
      return undefined;
    });
    const url = (token: string, name: string): string =>
      `http://me:${token}@127.0.0.1:${server.port}/${name}\n`;
    const tokens = [url('spent', 'one'), url('spent', 'two'), url('fresh', 'three')];
    await writeFile(world.path('tokens'), tokens.join(''), { mode: 0o600 });
    const helper = `store --file=${world.path('tokens')}`;
    await writeFile(world.path('gitconfig'), `[credential]\n\tuseHttpPath = true\n\thelper = ${helper}\n`);
    process.env.GIT_CONFIG_GLOBAL = world.path('gitconfig');
  });
  afterEach(async () => {
    if (before === undefined) delete process.env.GIT_CONFIG_GLOBAL;
    else process.env.GIT_CONFIG_GLOBAL = before;
    await server.stop();
  });

  it('is left alone by the credential that it means, and by no other, also by the watcher that comes after', async () => {
    const { world } = at;
    const environment = await world.environment();
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    for (const name of ['one', 'two', 'three']) {
      await world.formula(`${name}/f`, 'f', 2);
      await commitAll(world.path(name));
    }
    // Those with one token are known to share it once one of them was refused.
    for (const name of ['one', 'three'])
      await world.service(environment.coordinator, name, id, `git+${server.url}${name}`);
    const watcher = await world.watch([environment]);
    assert.equal((await world.newer(environment.coordinator, 'three'))?.eligible, 2);
    assert.equal((await world.newer(environment.coordinator, 'one'))?.known, false);
    await world.service(environment.coordinator, 'two', id, `git+${server.url}two`);
    const asked = async (pass: () => Promise<unknown>): Promise<readonly string[]> => {
      server.asked.length = 0;
      await pass();
      return [...new Set(server.asked.map(({ path }) => path.split('/')[1] ?? ''))].sort();
    };
    assert.deepEqual(await asked(() => watcher.pass()), ['three']);
    const circuits = async (): Promise<readonly string[]> =>
      (await readWatchedRepositories(environment.coordinator)).map(
        ({ location, circuit, until }) =>
          `${location.split('/').at(-1)} ${circuit}${until === undefined ? '' : ' for a while'}`,
      );
    assert.deepEqual(await circuits(), ['one open for a while', 'three closed']);
    await watcher.stop();
    assert.deepEqual(await asked(() => world.watch([environment])), ['three'], 'nor by one that begins anew');
  });

  it('is shown to be left alone with all its repositories, also those that answered', async () => {
    const { world } = at;
    const environment = await world.environment();
    const { coordinator } = environment;
    let isSpent = false;
    const index = await WebServer.start((request, response) => {
      if (isSpent && request.url?.startsWith('/one/'))
        response.writeHead(429, { 'retry-after': '3600' }).end();
      else response.end(JSON.stringify({ schema: 1, serial: 1, formulas: {} }));
    });
    try {
      for (const name of ['one', 'two'])
        await world.service(coordinator, name, 'r:f-1', `${index.url}${name}/`);
      const watcher = await world.watch([environment]);
      const circuits = async (): Promise<readonly string[]> =>
        (await readWatchedRepositories(coordinator)).map(
          ({ outcome, circuit, until }) => `${outcome} ${circuit} ${until !== undefined}`,
        );
      const before = await circuits();
      assert.ok(
        before.every((each) => each.endsWith(' closed false')),
        before.join(),
      );
      isSpent = true;
      await watcher.check(({ location }) => location.includes('/one/'));
      await watcher.pass();
      const [one, two] = await circuits();
      assert.deepEqual(
        [one, two],
        ['rate-limited open true', before[1]?.replace('closed false', 'open true')],
      );
      const path = paths.watcherRepository(
        (await coordinator.children(paths.watcherRepositories))?.at(-1) ?? '',
      );
      const { version } = (await coordinator.get(path)) ?? {};
      await watcher.pass();
      assert.equal((await coordinator.get(path))?.version, version, 'which is written once');
    } finally {
      await index.stop();
    }
  });
});
