import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { watcherProgram } from '../programs.js';

/**
 * A directory of the storage or of the state that was moved, or whose disk was not mounted, was made anew without a word:
 * the next deploy went into an empty one, and what was put back later came to lie beside or below it.
 */
describe('a directory that was moved', () => {
  let world: World;
  let storage: string;
  let elsewhere: string;
  beforeEach(async () => {
    world = await World.open();
    await world.publish(1);
    await world.deploy('world:f-1', 0);
    [storage, elsewhere] = [world.path('storage'), world.path('elsewhere')];
  });
  afterEach(() => world.close());

  const missing =
    /is missing: there is no directory \S+\/storage\n {2}try: put it back or mount its disk; or, /;

  it('of the storage is made by no command but bootstrap', async () => {
    await rename(storage, elsewhere);
    await world.writeFormula(2);
    const repository = ['--repository', world.path('world')];
    for (const command of [
      ['deploy', '-n', '0', ...repository, 'f', 'g'],
      ['upgrade-formula', '--no-wait', 'f'],
      ['upgrade-formula', '--no-wait', '--revision', '1', 'f'],
    ]) {
      const { code, stderr } = await ensemble(world, ...command);
      assert.equal(code, 1, `${command.join(' ')}: ${stderr}`);
      assert.match(stderr, missing);
      assert.ok(!existsSync(storage));
    }
    assert.equal((await ensemble(world, 'bootstrap')).code, 0);
    assert.deepEqual(await readdir(storage).then((names) => names.filter((name) => !name.startsWith('.'))), [
      'probes',
    ]);
  });

  it('of the storage is pruned by nobody as if it were empty', async () => {
    await world.writeFormula(2);
    const repository = ['--repository', world.path('world')];
    const known = await readdir(`${storage}/bundles`);
    assert.equal((await ensemble(world, 'deploy', '-n', '0', ...repository, 'f', 'g')).code, 0);
    assert.equal((await ensemble(world, 'destroy-service', 'g')).code, 0);
    await rename(storage, elsewhere);
    const { code, stderr } = await ensemble(world, 'prune', '--keep', '0');
    assert.equal(code, 1, stderr);
    assert.match(stderr, /there is no directory \S+\/storage/);
    await rename(elsewhere, storage);
    assert.equal((await ensemble(world, 'prune', '--keep', '0')).code, 0);
    assert.deepEqual(await readdir(`${storage}/bundles`), known);
  });

  it('of the storage is waited for by a unit, which says so; also where its disk is not mounted', async () => {
    await rename(storage, elsewhere);
    const agent = await world.agentProcess();
    assert.equal((await ensemble(world, 'add-unit', '--no-wait', 'f')).code, 0);
    await eventually(async () =>
      assert.match((await world.unit()).status.message, /is missing: there is no directory/),
    );
    await mkdir(storage);
    await eventually(
      async () =>
        assert.match((await world.unit()).status.message, /is missing: nothing is in that directory/),
      60_000,
    );
    assert.deepEqual(await readdir(storage), []);
    await rename(elsewhere, storage);
    await world.untilOn('world:f-1');
    assert.doesNotMatch(JSON.stringify(agent.lines()), /there is no object/);
  });

  it('of the state is made by no command, agent or watcher, but by bootstrap', async () => {
    await world.coordinator.close();
    await rename(world.path('state'), elsewhere);
    for (const command of [
      ['status'],
      ['upgrade-formula', 'f'],
      ['prune', '--dry-run'],
      ['destroy-environment', '--yes'],
    ]) {
      const { code, stderr } = await ensemble(world, ...command);
      assert.equal(code, 1, stderr);
      assert.match(
        stderr,
        /environment world has not been bootstrapped, or its state was moved: there is none in \S+\/state\n {2}try: ensemble bootstrap/,
      );
    }
    const fresh = await world.agentProcess('m1', { up: false });
    assert.equal(await fresh.ended(), 1);
    assert.match(fresh.stderr(), /has not been bootstrapped, or its state was moved/);
    const watcher = spawnSync(process.execPath, [watcherProgram, '--once'], {
      env: { PATH: process.env.PATH, HOME: world.root, ENSEMBLE_HOME: world.root },
      encoding: 'utf8',
    });
    assert.equal(watcher.status, 1);
    assert.match(watcher.stderr, /has not been bootstrapped, or its state was moved/);
    assert.ok(!existsSync(world.path('state')));
    await rename(elsewhere, world.path('state'));
    assert.equal((await ensemble(world, 'status')).code, 0);
  });

  it('of the state is waited for by an agent that worked in it, and that goes on in it', async () => {
    const agent = await world.agentProcess();
    assert.equal((await ensemble(world, 'add-unit', '--no-wait', 'f')).code, 0);
    await world.untilOn('world:f-1');
    await agent.kill('SIGTERM');
    await world.coordinator.close();
    await rename(world.path('state'), elsewhere);
    const next = await world.agentProcess('m0', { up: false });
    await next.logged('waiting: ');
    assert.ok(!existsSync(world.path('state')));
    await rename(elsewhere, world.path('state'));
    await next.up();
    assert.equal((await ensemble(world, 'status')).code, 0);
  });
});
