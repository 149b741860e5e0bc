import assert from 'node:assert/strict';
import { cp, mkdir, rm } from 'node:fs/promises';
import { readWatchedRepositories } from '../../control/watching/watched-repositories.js';
import { writeIndex } from '../../state/formula/repositories/write-index.js';
import { paths } from '../../state/model/paths.js';
import { eventually } from '../eventually.js';
import { backdate, commitAll, git, gitBackend } from '../servers/git-server.js';
import { filesOf, WebServer } from '../servers/web-server.js';
import { useWatchedWorld } from './watched-world.js';

describe('a pass over repositories of real servers', function () {
  this.timeout(120_000);
  const at = useWatchedWorld();
  let server: WebServer;
  beforeEach(async () => {
    server = await WebServer.start(gitBackend(at.world.root));
  });
  afterEach(() => server.stop());
  /** Requests by which git asks for contents, and not only for heads. */
  const fetches = (): number => server.asked.filter(({ path }) => path.endsWith('/git-upload-pack')).length;
  const heads = (): number => server.asked.filter(({ path }) => path.includes('/info/refs')).length;

  it('asks each repository once, for a thousand services on twenty of them', async () => {
    const { world } = at;
    const environment = await world.environment();
    const { coordinator } = environment;
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    for (let index = 0; index < 20; index += 1) await world.formula(`repositories/${index}/f`, 'f', 2);
    await world.services(
      coordinator,
      Array.from({ length: 1_000 }, (_, index) => ({
        name: `s${index}`,
        formula: id,
        repository: world.path('repositories', String(index % 20)),
      })),
    );
    const watcher = await world.watch([environment]);
    assert.equal(watcher.polls(), 20);
    const newer = await coordinator.getMany(
      Array.from({ length: 1_000 }, (_, index) => paths.newer(`s${index}`)),
    );
    for (const node of newer) assert.equal(JSON.parse(node?.value ?? '{}').eligible, 2);
    assert.equal(world.announced.length, 1_000);
    await watcher.pass();
    assert.equal(watcher.polls(), 40);
    const again = await coordinator.getMany(
      Array.from({ length: 1_000 }, (_, index) => paths.newer(`s${index}`)),
    );
    assert.deepEqual(
      again.map((node) => node?.version),
      newer.map(() => 0),
      'nothing is written twice',
    );
    assert.equal(world.announced.length, 1_000);
  });

  it('asks each git repository once, for a thousand services on twenty of them', async () => {
    const { world } = at;
    const environment = await world.environment();
    const { coordinator } = environment;
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    await world.formula('r0/f', 'f', 2);
    await commitAll(world.path('r0'));
    const names = Array.from({ length: 20 }, (_, index) => `r${index}`);
    for (const name of names.slice(1)) await cp(world.path('r0'), world.path(name), { recursive: true });
    const services = Array.from({ length: 1_000 }, (_, index) => `s${index}`);
    await world.services(
      coordinator,
      services.map((name, index) => ({
        name,
        formula: id,
        repository: `git+file://${world.path(names[index % 20] ?? '')}`,
      })),
    );
    const watcher = await world.watch([environment]);
    assert.equal(watcher.polls(), 20);
    const newer = await coordinator.getMany(services.map(paths.newer));
    assert.ok(newer.every((node) => JSON.parse(node?.value ?? '{}').eligible === 2));
    await watcher.pass();
    assert.equal(watcher.polls(), 40);
    const again = await coordinator.getMany(services.map(paths.newer));
    assert.ok(
      again.every((node) => node?.version === 0),
      'nothing is written twice',
    );
    assert.equal(world.announced.length, 1_000);
  });

  it('makes three polls of four services on two repositories and three refs, in two environments', async () => {
    const { world } = at;
    const environments = [await world.environment('a'), await world.environment('b')] as const;
    const folder = await world.formula('f', 'f', 1);
    for (const name of ['one', 'two']) {
      await world.formula(name, 'f', 2);
      await commitAll(world.path(name));
    }
    await git(world.path('two'), 'branch', 'stable');
    const places = [
      `git+${server.url}one`,
      `git+${server.url}two#main`,
      `git+${server.url}two#stable`,
      `git+${server.url}/two#stable`,
    ];
    for (const environment of environments) {
      const id = await world.publish(environment, folder);
      for (const [index, place] of places.entries())
        await world.service(environment.coordinator, `s${index}`, id, place);
    }
    const watcher = await world.watch(environments);
    assert.equal(watcher.polls(), 3);
    assert.ok(heads() <= 3 + 3, `three times for the heads, and at most three times for a fetch: ${heads()}`);
    for (const { coordinator } of environments)
      for (const service of ['s0', 's1', 's2', 's3'])
        assert.equal(
          (await world.newer(coordinator, service))?.eligible,
          2,
          `${service}: ${JSON.stringify(await world.newer(coordinator, service))}`,
        );
    assert.equal(world.announced.length, 8);
  });

  it('fetches nothing where the heads are as they were, and sees a head that was forced back in time', async () => {
    const { world } = at;
    const environment = await world.environment();
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    await world.formula('one', 'f', 3);
    await commitAll(world.path('one'));
    await world.service(environment.coordinator, 's', id, `git+${server.url}one`);
    const watcher = await world.watch([environment]);
    const before = fetches();
    await watcher.pass();
    await watcher.pass();
    assert.equal(fetches() - before, 2, 'asked for the heads twice, and for nothing else');
    assert.equal(world.announced.length, 1);
    await world.formula('one', 'f', 2);
    await git(world.path('one'), '-c', 'core.hooksPath=/dev/null', 'add', '--all');
    await git(world.path('one'), 'commit', '--quiet', '--amend', '--message=older');
    await backdate(world.path('one'), '2001-01-01T00:00:00Z');
    assert.match(await git(world.path('one'), 'log', '-1', '--format=%ci %ai'), /^2001-01-01 .* 2001-01-01 /);
    await watcher.pass();
    assert.equal((await world.newer(environment.coordinator, 's'))?.eligible, 2);
    assert.equal(world.announced.at(-1)?.eligible, 2);
  });

  it('is sent an index once, and is told after that that it did not change', async () => {
    const { world } = at;
    const environment = await world.environment();
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    await world.formula('formulas/f', 'f', 2);
    await mkdir(world.path('work'));
    await writeIndex(world.path('formulas'), { withdraw: [], restore: [] }, world.path('work'), 0);
    await world.service(environment.coordinator, 's', id, `${server.url}formulas/`);
    server.answering = filesOf(world.root);
    const watcher = await world.watch([environment]);
    await watcher.pass();
    await eventually(() =>
      assert.deepEqual(
        server.asked.map(({ status }) => status),
        [200, 304],
      ),
    );
    assert.equal((await world.newer(environment.coordinator, 's'))?.eligible, 2);
  });

  it('reads what is refused for a while as unknown, and leaves the host alone for as long as it asks', async () => {
    const { world } = at;
    const environment = await world.environment();
    const { coordinator } = environment;
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    for (const name of ['a', 'b', 'c']) await world.service(coordinator, name, id, `${server.url}${name}/`);
    server.answering = (_request, response) => {
      response.writeHead(429, { 'retry-after': '3600' }).end();
    };
    const watcher = await world.watch([environment]);
    const asked = server.asked.length;
    assert.ok(asked >= 1 && asked <= 3, `${asked}`);
    await watcher.pass();
    assert.equal(server.asked.length, asked, 'nobody is asked again within the hour');
    const seen = await Promise.all(['a', 'b', 'c'].map((name) => world.newer(coordinator, name)));
    assert.ok(
      seen.some((each) => each?.known === false && /429/.test(each.why ?? '')),
      JSON.stringify(seen),
    );
    assert.ok(seen.every((each) => each === undefined || (!each.known && each.eligible === null)));
    assert.equal(world.announced.length, 0);
    const all = await readWatchedRepositories(coordinator);
    assert.ok(
      all.every(({ outcome, circuit }) => outcome === 'rate-limited' && circuit === 'open'),
      JSON.stringify(all),
    );
  });

  it('keeps what was found where its repository is away', async () => {
    const { world } = at;
    const environment = await world.environment();
    const id = await world.publish(environment, await world.formula('f', 'f', 1));
    await world.formula('one/f', 'f', 2);
    await world.service(environment.coordinator, 's', id, world.path('one'));
    const watcher = await world.watch([environment]);
    await rm(world.path('one'), { recursive: true });
    await watcher.pass();
    assert.equal((await world.newer(environment.coordinator, 's'))?.eligible, 2);
    assert.deepEqual(
      world.reports.map(({ outcome, fault }) => [outcome, fault]),
      [
        ['done', undefined],
        ['failed', 'infrastructure'],
      ],
    );
    await world.formula('one/f', 'f', 2);
    await watcher.pass();
    assert.equal(world.reports.at(-1)?.found, 'it answers again');
    assert.equal(world.announced.length, 1);
  });
});
