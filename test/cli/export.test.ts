import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { openCoordinator } from '../../state/coordination/open.js';
import { ensemble, operateWith } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';

const relation = (role: string, name: string): string => `${role}:\n  ${name}:\n    interface: i\n`;
const metadata = (revision: number): string =>
  `name: f\nrevision: ${revision}\nsummary: s\n${relation('requires', 'out')}${relation('provides', 'in')}`;
const hooks = { 'out-relation-changed': '', 'in-relation-changed': '' };

describe('export and import', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const ok = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await ensemble(world, ...args);
    assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    return stdout + stderr;
  };
  const elsewhere = (state: string): readonly string[] => ['--state', state, '--storage', world.storage];

  /** Has every environment of the world be at `state`, as an operator edits `environments.yaml`. */
  async function moveTo(state: string): Promise<void> {
    const file = world.path('environments.yaml');
    await writeFile(file, (await readFile(file, 'utf8')).replace(/state: .*/, `state: ${state}`));
  }

  describe('take an environment to another coordinator', () => {
    let server: ZookeeperServer;
    before(async () => {
      server = await startZookeeper();
    });
    after(() => server.stop());

    for (const secret of [undefined, 'a secret that is long enough'])
      it(`with its units, which go on there (${secret === undefined ? 'without' : 'with'} a secret)`, async () => {
        await world.writeFormula(1, { files: { 'metadata.yaml': metadata(1) }, hooks });
        await world.writeFormula(2, { files: { 'metadata.yaml': metadata(2) }, hooks });
        const agent = await world.agentProcess();
        await ok('deploy', '--repository', world.path('world'), '--revision', '1', 'f');
        await ok('deploy', '--repository', world.path('world'), '--revision', '1', 'f', 'g');
        await ok('add-relation', 'f:out', 'g:in');
        await eventually(async () =>
          assert.deepEqual((await world.trace()).filter((hook) => /changed 1/.test(hook)).length, 2),
        );
        await agent.kill('SIGTERM');
        const said = await ok('export', world.path('backup'));
        assert.match(said, /environment world is in .*backup: \d+ nodes/);
        assert.equal((await stat(world.path('backup'))).mode & 0o777, 0o600);

        const state = `zookeeper://${server.address}/moved-${secret === undefined ? 'open' : 'closed'}`;
        await moveTo(secret === undefined ? state : `${state}\n    secret: ${secret}`);
        const { stderr } = await ensemble(world, 'status');
        assert.match(stderr, /has not been bootstrapped/);
        const imported = await ok('import', world.path('backup'));
        assert.match(
          imported,
          /environment world holds what .*backup does: \d+ nodes\nnext, each machine as the one that it was:\n {2}m0: start it on .*: ensemble-agent --machine m0 --data-dir .*\/machines\/m0\n/,
        );
        assert.doesNotMatch(imported, /lacks/);

        const before = await world.trace();
        await world.agentProcess();
        await ok('upgrade-formula', 'f');
        const after = (await world.trace()).slice(before.length);
        assert.deepEqual(
          after.filter((hook) => /install/.test(hook)),
          [],
          'it is the same life',
        );
        assert.ok(after.includes('upgrade-formula 2'), after.join());
        const status = JSON.parse(await ok('status', '--format', 'json'));
        assert.equal(status.services.f.units['f/0'].formula, 'world:f-2');
        assert.ok(status.services.f.units['f/0'].relations.out);
        assert.match(await ok('history'), / import +asked /);
        if (secret !== undefined) await assert.rejects(openCoordinator(state), { code: 'access-denied' });
      });
  });

  it('leave out what lives as long as a session', async () => {
    await world.agent();
    await ok('export', world.path('backup'));
    const text = await readFile(world.path('backup'), 'utf8');
    assert.match(text, /"\/machines\/m0"/);
    assert.doesNotMatch(text, /"\/machines\/m0\/agent"/);
  });

  it('write a file that is whole, or leave the one before it', async () => {
    await writeFile(world.path('backup'), 'of before');
    await world.stopAgents();
    const { code, stderr } = await ensemble(world, 'export', world.path('nowhere', 'backup'));
    assert.equal(code, 1);
    assert.match(stderr, /nowhere\/backup cannot be written: its directory does not exist\n {2}try: /);
    await ok('export', world.path('backup'));
    assert.notEqual(await readFile(world.path('backup'), 'utf8'), 'of before');
    assert.deepEqual(
      (await readdir(world.root)).filter((name) => /^backup/.test(name)),
      ['backup'],
    );
  });

  it('refuse a place that holds something, and go on where they were interrupted', async () => {
    await world.publish(1);
    await world.deploy('world:f-1');
    await ok('export', world.path('backup'));
    assert.match(await ok('import', world.path('backup')), /holds what .*backup does already: \d+ nodes/);
    const state = `embedded:${world.path('other')}`;
    const other = await openCoordinator(state);
    try {
      await other.create('/services', '{}');
      await other.create('/services/f', '{"formula":"another"}');
      const foreign = await ensemble(world, 'import', world.path('backup'), ...elsewhere(state));
      assert.match(foreign.stderr, /is not empty: \/services\/f is in embedded:/);
      assert.deepEqual(await other.children('/'), ['services'], 'nothing was written');
      const node = await world.coordinator.get('/services/f');
      await other.set('/services/f', node?.value ?? '');
      assert.match(await ok('import', world.path('backup'), ...elsewhere(state)), /nodes\n/);
      assert.match(
        await ok('import', world.path('backup'), ...elsewhere(state)),
        /does already: \d+ nodes\n/,
      );
      const layout = JSON.parse((await other.get('/layout'))?.value ?? '');
      await other.set('/layout', JSON.stringify({ ...layout, environment: 'another' }));
      const again = await ensemble(world, 'import', world.path('backup'), ...elsewhere(state));
      assert.equal(again.code, 1);
      assert.match(again.stderr, /is not empty: \/layout is in embedded:/);
    } finally {
      await other.close();
    }
  });

  it('make one environment of two imports at once, and both end well', async () => {
    await world.publish(1);
    await world.deploy('world:f-1');
    await ok('export', world.path('backup'));
    const state = `embedded:${world.path('other')}`;
    const both = await Promise.all(
      [1, 2].map(() => operateWith(world, {}, 'import', world.path('backup'), ...elsewhere(state)).ended),
    );
    for (const { code, stderr } of both) assert.equal(code, 0, stderr);
    assert.equal(both.filter(({ stdout, stderr }) => /does already/.test(stdout + stderr)).length, 1);
    assert.match(await ok('status', ...elsewhere(state)), /f\/0/);
  });

  it('name formulas whose bundles are not in the storage, and write nothing where it cannot be asked', async () => {
    await world.publish(1);
    await world.deploy('world:f-1');
    await ok('export', world.path('backup'));
    const to = (storage: string): readonly string[] => [
      '--state',
      `embedded:${world.path('other')}`,
      '--storage',
      storage,
    ];
    const unreachable = 's3://bucket/x?region=r&endpoint=http://127.0.0.1:1';
    const keys = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
    const away = await operateWith(world, keys, 'import', world.path('backup'), ...to(unreachable)).ended;
    assert.equal(away.code, 1, away.stderr);
    assert.match(away.stderr, /the storage cannot be reached/);
    const said = await ok('import', world.path('backup'), ...to(`file:${world.path('empty')}`));
    assert.match(
      said,
      /file:.*\/empty lacks the bundles of world:f-1; copy what the storage before it holds there/,
    );
  });
});
