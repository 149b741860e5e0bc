import assert from 'node:assert/strict';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readServiceState } from '../../control/status/snapshot.js';
import { FakeAgent } from './fake-agent.js';
import { useSandbox } from './sandbox.js';

describe('ensemble upgrade-formula --dry-run', () => {
  const world = useSandbox();
  let agent: FakeAgent;

  beforeEach(async () => {
    await world.box.bootstrap();
    await world.box.formula('guestbook', 1, {
      config: 'options:\n  title: {type: string, default: Guests}\n  port: {type: int}\n',
      files: { 'old.txt': 'old', 'same.txt': 'same', 'hooks/start': '#!/bin/sh\n' },
    });
    agent = await (await new FakeAgent(await world.box.coordinator()).register()).up();
    await world.box.ok('deploy', '--no-wait', '--repository', 'principia', '-n', '3', 'guestbook');
    for (const unit of ['guestbook/0', 'guestbook/1']) await agent.start(unit, 'principia:guestbook-1');
    await agent.report('guestbook/2', { state: 'install-error', message: 'no' });
    const directory = await world.box.formula('guestbook', 2, {
      config: 'options:\n  title: {type: string, default: Our guests}\n  debug: {type: boolean}\n',
      files: {
        'new.txt': 'new',
        'same.txt': 'same',
        'hooks/start': '#!/bin/sh\nexit 0\n',
        'hooks/upgrade-formula': '#!/bin/sh\n',
      },
    });
    await writeFile(
      join(directory, 'metadata.yaml'),
      'name: guestbook\nrevision: 2\nprovides:\n  site: {interface: http}\n',
    );
  });

  const dryRun = (...args: string[]) => world.box.run('upgrade-formula', '-n', ...args, 'guestbook');

  it('shows files, hooks, relations, options and units, and changes nothing', async () => {
    const { code, stdout, stderr } = await dryRun();
    assert.equal(code, 0, stderr);
    assert.equal(
      stdout,
      `guestbook: principia:guestbook-1 -> principia:guestbook-2
files:
  + hooks/upgrade-formula
  + new.txt
  - old.txt
  ~ config.yaml
  ~ hooks/start
  ~ metadata.yaml
hooks:
  + upgrade-formula
  ~ start
relations:
  + site: interface http, scope global, role provides
config options:
  + debug: type boolean
  - port
  ~ title: default Guests -> Our guests
units:
  guestbook/0: upgrades
  guestbook/1: upgrades
  guestbook/2: in install-error; waits until it is resolved
waves, rolling:
  1: guestbook/1
  2: guestbook/0
nothing was changed
`,
    );
    const state = await readServiceState(agent.coordinator, 'guestbook');
    assert.equal(state?.service.formula, 'principia:guestbook-1');
    assert.ok(state.units.every(({ flag }) => flag === undefined));
    assert.equal((await readdir(join(world.box.home, 'local/storage/bundles'))).length, 1);
  });

  it('prints the same for programs, and nothing else', async () => {
    const { stdout, stderr } = await dryRun('--format', 'json', '--unit', 'guestbook/0', '--force');
    assert.equal(stderr, '');
    const found = JSON.parse(stdout);
    assert.equal(found.from, 'principia:guestbook-1');
    assert.equal(found.to, 'principia:guestbook-2');
    assert.deepEqual(found.changes.files.added, ['hooks/upgrade-formula', 'new.txt']);
    assert.deepEqual(found.changes.hooks, { added: ['upgrade-formula'], removed: [], changed: ['start'] });
    assert.deepEqual(found.units, {
      upgrade: ['guestbook/0'],
      already: [],
      inError: {},
      wentBack: [],
      leftOut: ['guestbook/1', 'guestbook/2'],
      held: [],
      overridden: [],
    });
    assert.equal(found.force, true);
    assert.match(
      (await dryRun('--format', 'yaml')).stdout,
      /^service: guestbook\nfrom: principia:guestbook-1\n/,
    );
  });

  it('says which units are there already, and which are behind, where nothing is newer', async () => {
    await world.box.ok('upgrade-formula', '--strategy', 'all', '--no-wait', 'guestbook');
    await agent.upgrade('guestbook/0', 'principia:guestbook-2');
    const { stdout } = await dryRun();
    assert.equal(
      stdout,
      'guestbook runs principia:guestbook-2 already\nunits:\n  guestbook/1: upgrades\n' +
        '  guestbook/2: in install-error; waits until it is resolved\n  guestbook/0: is there already\n' +
        'waves, rolling:\n  under way: guestbook/1\nnothing was changed\n',
    );
  });

  it('shows the waves, and where it pauses, as the rollout would go by the service’s words', async () => {
    await world.box.ok('set-rollout', 'guestbook', 'canary=1', 'pause-after=first');
    const { stdout } = await dryRun('--canary', 'guestbook/0');
    assert.match(
      stdout,
      /^waves, rolling:\n {2}1: guestbook\/0\n {5}then paused until ensemble rollout promote guestbook\n {2}2: guestbook\/1\nnothing/m,
    );
    await world.box.ok('set-rollout', 'guestbook', 'canary=');
    const { rollout } = JSON.parse((await dryRun('--format', 'json')).stdout);
    assert.equal(rollout.strategy, 'rolling');
    assert.deepEqual(rollout.waves, [
      { units: ['guestbook/1'], pause: 'wave' },
      { units: ['guestbook/0'], pause: null },
    ]);
    assert.deepEqual(rollout.underWay, []);
    assert.equal(rollout.waiting[0].who, 'guestbook/2');
    const named = JSON.parse((await dryRun('--format', 'json', '--unit', 'guestbook/0')).stdout);
    assert.deepEqual(named.rollout, {
      strategy: null,
      underWay: [],
      waves: [{ units: ['guestbook/0'], pause: null }],
      waiting: [],
    });
    const all = JSON.parse((await dryRun('--format', 'json', '--strategy', 'all')).stdout);
    assert.deepEqual(all.rollout.waves, [{ units: ['guestbook/1', 'guestbook/0'], pause: null }]);
  });

  it('refuses a rollout that the upgrade would refuse', async () => {
    const { code, stderr } = await dryRun('--canary', '4');
    assert.equal(code, 1);
    assert.match(stderr, /a canary of 4 is larger than the service/);
  });

  it('refuses to compare with a published bundle that is damaged', async () => {
    const bundles = join(world.box.home, 'local/storage/bundles');
    const [bundle = ''] = await readdir(bundles);
    await rm(join(bundles, bundle));
    await writeFile(join(bundles, bundle), 'rubbish');
    const { code, stdout, stderr } = await dryRun();
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.match(stderr, /is damaged: it has 7 bytes instead of \d+\n/);
  });
});
