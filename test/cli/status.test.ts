import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { ensembleProgram } from '../programs.js';
import { FakeAgent } from './fake-agent.js';
import { useSandbox } from './sandbox.js';

describe('ensemble status', () => {
  const world = useSandbox();
  let agent: FakeAgent;

  beforeEach(async () => {
    await world.box.bootstrap();
    await world.box.formula('guestbook', 1);
    agent = await (await new FakeAgent(await world.box.coordinator()).register()).up();
  });

  const deploy = (...args: string[]) =>
    world.box.ok('deploy', '--no-wait', '--repository', 'principia', ...args);
  const document = async (...services: string[]) =>
    JSON.parse((await world.box.ok('status', '--format', 'json', ...services)).stdout);

  it('prints the shape that scripts rely on', async () => {
    await deploy('-n', '2', 'guestbook');
    await agent.start('guestbook/0', 'principia:guestbook-1');
    await world.box.formula('guestbook', 2);
    await world.box.ok('upgrade-formula', '--no-wait', '--unit', 'guestbook/0', 'guestbook');
    const status = await document();
    const { since, upgrade } = status.services.guestbook.units['guestbook/0'];
    assert.match(since, /^\d{4}-\d\d-\d\dT/);
    assert.match(upgrade.since, /^\d{4}-\d\d-\d\dT/);
    assert.deepEqual(status, {
      environment: 'local',
      machines: { m0: { agent: 'up', hostname: 'm0.test', version: '0.1.0', units: 2 } },
      services: {
        guestbook: {
          formula: 'principia:guestbook-2',
          repository: world.box.repository,
          exposed: false,
          relations: {},
          units: {
            'guestbook/0': {
              machine: 'm0',
              agent: 'up',
              state: 'started',
              formula: 'principia:guestbook-1',
              since,
              message: '',
              relations: {},
              ports: [],
              upgrade: {
                step: 'wanted',
                from: 'principia:guestbook-1',
                to: 'principia:guestbook-2',
                since: upgrade.since,
              },
            },
            'guestbook/1': {
              machine: 'm0',
              agent: 'up',
              state: 'pending',
              formula: null,
              since: status.services.guestbook.units['guestbook/1'].since,
              message: '',
              relations: {},
              ports: [],
            },
          },
        },
      },
      relations: {},
    });
  });

  it('shows an upgrade only while there is one', async () => {
    await deploy('guestbook');
    await agent.start('guestbook/0', 'principia:guestbook-1');
    const upgrade = async () => (await document()).services.guestbook.units['guestbook/0'].upgrade;
    assert.equal(await upgrade(), undefined);
    await world.box.formula('guestbook', 2);
    await world.box.ok('upgrade-formula', '--strategy', 'all', '--no-wait', 'guestbook');
    await agent.failUpgrade('guestbook/0', 'principia:guestbook-2', 'no');
    assert.equal((await upgrade()).step, 'hook');
    await agent.upgrade('guestbook/0', 'principia:guestbook-2');
    assert.equal(await upgrade(), undefined);
  });

  it('shows only the named services and the machines that host them', async () => {
    await new FakeAgent(agent.coordinator, 'm1').register();
    await deploy('--machine', 'm0', 'guestbook', 'one');
    await deploy('--machine', 'm1', 'guestbook', 'two');
    const status = await document('two', 'two');
    assert.deepEqual(Object.keys(status.services), ['two']);
    assert.deepEqual(Object.keys(status.machines), ['m1']);
    assert.equal(status.machines.m1.agent, 'down');
    assert.equal(status.machines.m1.version, null);
  });

  it('marks, for people, units that do not run their service’s formula, and machines that are down', async () => {
    await deploy('guestbook');
    await agent.start('guestbook/0', 'principia:guestbook-1');
    await world.box.formula('guestbook', 2);
    await world.box.ok('upgrade-formula', '--strategy', 'all', '--no-wait', 'guestbook');
    await agent.down();
    const { stdout } = await world.box.ok('status');
    assert.match(
      stdout,
      /^environment local\n1 unit: 1 started\n\nMACHINE {2}AGENT {2}UNITS {2}VERSION {2}HOSTNAME\nm0 +down +1 +- +m0\.test\n/,
    );
    assert.match(stdout, /\nguestbook {2}principia:guestbook-2 {2}1 +0\/1 on 2, running +\S+principia\n/);
    assert.match(
      stdout,
      /\nguestbook\/0 {2}started {2}m0 \(down\) {2}principia:guestbook-1 \* {2}wanted +-\n/,
    );
    assert.match(
      stdout,
      /\n\n\* not the formula of its service; only these: ensemble status --behind\n\nNEEDS ATTENTION\nm0: no agent is running\n {4}start it on m0\.test as .*\n(?: {4}.*\n)*$/,
    );
  });

  it('keeps a message of a formula from writing to the terminal', async () => {
    await deploy('guestbook');
    await agent.report('guestbook/0', { state: 'started', message: 'fine\u001b[2J\n\u202Eevil' });
    const { stdout } = await world.box.ok('status');
    assert.ok(stdout.includes('fine�[2J �evil'), JSON.stringify(stdout));
  });

  it('prints YAML that says the same as the JSON', async () => {
    await deploy('guestbook');
    const { parse } = await import('yaml');
    assert.deepEqual(parse((await world.box.ok('status', '--format', 'yaml')).stdout), await document());
  });

  it('is whole however long it is and however slowly it is read', async () => {
    await deploy('-n', '2000', 'guestbook');
    const { stdout } = spawnSync(
      '/bin/sh',
      ['-c', `"${process.execPath}" "${ensembleProgram}" status --format json | dd bs=64 status=none`],
      {
        encoding: 'utf8',
        maxBuffer: 1e8,
        env: { PATH: process.env.PATH, ENSEMBLE_HOME: world.box.home },
      },
    );
    assert.equal(Object.keys(JSON.parse(stdout).services.guestbook.units).length, 2_000);
  });

  it('ends quietly when its reader has gone', async () => {
    await deploy('-n', '200', 'guestbook');
    const { stdout, stderr } = spawnSync(
      '/bin/sh',
      ['-c', `"${process.execPath}" "${ensembleProgram}" status --format json | head -c 1`],
      { encoding: 'utf8', env: { PATH: process.env.PATH, ENSEMBLE_HOME: world.box.home } },
    );
    assert.deepEqual({ stdout, stderr }, { stdout: '{', stderr: '' });
  });
});
