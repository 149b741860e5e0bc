import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeValue } from '../../state/model/entity.js';
import { newestLayout } from '../../state/model/layout-known.js';
import { paths } from '../../state/model/paths.js';
import { makeOldTree } from '../control/environment/old-tree.js';
import { FakeAgent } from './fake-agent.js';
import { useSandbox } from './sandbox.js';

const older = { level: 1, sublevel: 0, minReader: 1, environment: 'e' };

describe('upgrade-environment', () => {
  const world = useSandbox();
  beforeEach(async () => {
    await world.box.ok('bootstrap');
  });
  const setLayout = async (layout: object): Promise<void> => {
    await (await world.box.coordinator()).set(paths.layout, nodeValue(layout));
  };
  const codes = async (): Promise<readonly (number | null)[]> => [
    (await world.box.run('upgrade-environment', '--check')).code,
    (await world.box.run('upgrade-environment', '--plan', '--format', 'json')).code,
  ];
  const exports = async (): Promise<readonly string[]> =>
    (await readdir(world.box.directory)).filter((name) => name.endsWith('.export'));

  it('finds nothing to do in a new environment', async () => {
    assert.deepEqual(await codes(), [0, 0]);
    const { code, stdout } = await world.box.run('upgrade-environment');
    assert.equal(code, 0);
    assert.equal(stdout, 'environment local is up to date: layout 3, with canary, clone, holds, lockstep\n');
    assert.deepEqual(await exports(), []);
  });

  it('shows what it would do, and does it after it wrote a backup, whose name it says', async () => {
    await setLayout(older);
    assert.deepEqual(await codes(), [2, 2]);
    const plan = await world.box.run('upgrade-environment', '--plan');
    assert.match(
      plan.stdout,
      /^environment local can be upgraded: from layout 1 to layout 3, with canary, clone, h/,
    );
    assert.match(
      plan.stdout,
      /\nholds is turned on, for good; without it, a command of release 0\.1\.0 upgr/,
    );
    assert.deepEqual(await exports(), [], '--plan writes nothing');

    const { stdout, stderr } = await world.box.ok('upgrade-environment');
    const [name = ''] = await exports();
    assert.match(name, /^local-\d{4}-/);
    assert.match(stderr, /^environment local, as it was, is in local-\S+\.export: \d+ nodes\n$/);
    assert.equal(stdout, 'environment local is upgraded: layout 3, with canary, clone, holds, lockstep\n');
    const backup = await readFile(join(world.box.directory, name), 'utf8');
    assert.ok(backup.includes(JSON.stringify([paths.layout, nodeValue(older)])), 'it is as it was before');
    assert.deepEqual(await codes(), [0, 0]);
  });

  it('names who is behind, in sentences and in JSON, and goes on once they are gone', async () => {
    await setLayout(older);
    await new FakeAgent(await world.box.coordinator(), 'm1').register();
    assert.deepEqual(await codes(), [3, 3]);
    const { code, stderr } = await world.box.run('upgrade-environment');
    assert.equal(code, 3);
    assert.match(
      stderr,
      /^ensemble: environment local cannot be upgraded yet: m1 \(down\) lacks layout 3, can/,
    );
    assert.match(stderr, /\n {2}try: install the newer Ensemble there.*: ensemble remove-machine m1\n$/);
    assert.deepEqual(await exports(), []);
    const { stdout } = await world.box.run('upgrade-environment', '--check', '--format', 'json');
    assert.deepEqual(JSON.parse(stdout).behind, [
      {
        machine: 'm1',
        version: null,
        agent: 'down',
        lacks: ['layout 3', 'canary', 'clone', 'holds', 'lockstep'],
        hostsUnits: false,
      },
    ]);
    await world.box.ok('remove-machine', 'm1');
    const done = await world.box.ok('upgrade-environment', '--export', 'before', '--format', 'json');
    const { state, to, exported } = JSON.parse(done.stdout);
    assert.deepEqual([state, to, exported], ['needed', newestLayout, 'before']);
  });

  it('is half done where it was killed, says so with the command, and is ended by whoever runs it next', async () => {
    await makeOldTree(await world.box.coordinator(), { services: 2, relations: 1, units: 2 });
    const killed = await world.box.start(['upgrade-environment', '--export', 'one'], {
      ENSEMBLE_ALLOW_FAULTS: join(world.box.directory, 'faults'),
      ENSEMBLE_FAULTS: 'upgrade-environment.batch.after=kill:2',
    }).ended;
    assert.equal(killed.code, null);
    assert.deepEqual(await codes(), [2, 2]);
    const half =
      /3 of 7 services, relations and units looked through and 3 of them changed, by \S+ since \S+/;
    const { stdout: check } = await world.box.run('upgrade-environment', '--check');
    assert.match(
      check,
      new RegExp(`it is half done, ${half.source}; to go on: ensemble upgrade-environment\n`),
    );
    const { stdout: machines } = await world.box.ok('machines');
    assert.match(
      machines,
      new RegExp(`half upgraded, ${half.source}; to go on: ensemble upgrade-environment\n`),
    );
    const listed = JSON.parse((await world.box.ok('machines', '--format', 'json')).stdout);
    assert.equal(listed.environment.upgrade.step.looked, 3);

    const { stdout, stderr } = await world.box.ok('upgrade-environment', '--export', 'two');
    assert.match(stderr, new RegExp(`goes on with what was begun: ${half.source}\n`));
    assert.match(stdout, /^environment local is upgraded: layout 3, .*\n {2}services, .* incarnation: 7\n$/);
    assert.deepEqual(await codes(), [0, 0]);
  });

  it('refuses an environment that is too new for it', async () => {
    await setLayout({ ...newestLayout, minReader: 4 });
    assert.deepEqual(await codes(), [78, 78]);
    assert.equal((await world.box.run('upgrade-environment')).code, 78);
  });

  it('is wanted by a canary, and by a hold', async () => {
    await world.box.formula('f', 1);
    await world.box.ok('deploy', '--no-wait', '--repository', 'principia', 'f');
    await world.box.formula('f', 2);
    await setLayout(older);
    for (const args of [
      ['hold-upgrade', '--reason', 'disks', 'f'],
      ['upgrade-formula', '--no-wait', '--canary', '1', 'f'],
    ]) {
      const { code, stderr } = await world.box.run(...args);
      assert.equal(code, 1, stderr);
      assert.match(
        stderr,
        /does not have the feature (holds|canary) yet: .*release 0\.1\.0.*\n {2}try: .*: ens/,
      );
    }
    const f = JSON.parse((await world.box.ok('status', '--format', 'json')).stdout).services.f;
    assert.equal(f.formula, 'principia:f-1', 'nothing was set');
    await world.box.ok('upgrade-environment');
    await world.box.ok('hold-upgrade', '--reason', 'disks', 'f');
  });
});
