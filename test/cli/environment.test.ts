import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { FakeAgent } from './fake-agent.js';
import { useSandbox } from './sandbox.js';

describe('machines, remove-machine and destroy-environment', () => {
  const world = useSandbox();
  let agent: FakeAgent;
  beforeEach(async () => {
    await world.box.ok('bootstrap');
    await world.box.formula('guestbook', 1);
    agent = await (await new FakeAgent(await world.box.coordinator()).register()).up();
  });
  const deploy = (...args: string[]) =>
    world.box.ok('deploy', '--no-wait', '--repository', 'principia', 'guestbook', ...args);

  it('shows each machine with its agent and the units it hosts', async () => {
    await new FakeAgent(agent.coordinator, 'm1').register();
    await deploy('-n', '11', '--machine', 'm0');
    const { machines } = JSON.parse((await world.box.ok('machines', '--format', 'json')).stdout);
    assert.deepEqual(machines.m0.units.slice(-2), ['guestbook/9', 'guestbook/10']);
    assert.deepEqual(machines.m1, {
      agent: 'down',
      hostname: 'm1.test',
      owner: null,
      version: null,
      since: null,
      registered: null,
      trust: null,
      addresses: null,
      units: [],
    });
    const { stdout } = await world.box.ok('machines');
    assert.match(
      stdout,
      /^MACHINE +AGENT +VERSION +HOSTNAME +ADDRESS +UNITS\nm0 +up +0\.1\.0 +m0\.test +- +guest/,
    );
    assert.match(stdout, /\nm1 +down +- +m1\.test +- +-\n$/);
  });

  it('says which versions differ, and what each machine’s programs read', async () => {
    const { coordinator } = agent;
    const reads = { layout: { min: 1, max: 3 }, features: ['canary', 'clone', 'holds', 'lockstep'] };
    await coordinator.create(
      paths.machine('m1'),
      nodeValue({ hostname: 'm1.test', version: '0.2.0', ...reads }),
    );
    await coordinator.create(paths.machineUnits('m1'), '{}');
    const { stdout } = await world.box.ok('machines');
    assert.match(stdout, /\n\nversions differ: 0\.1\.0 on m0; 0\.2\.0 on m1\n$/);
    const json = async () => JSON.parse((await world.box.ok('machines', '--format', 'json')).stdout);
    const { machines, environment } = await json();
    assert.deepEqual(machines.m1.registered, { version: '0.2.0', ...reads });
    assert.deepEqual(environment.versions, { '0.1.0': ['m0'], '0.2.0': ['m1'] });
    assert.deepEqual(environment.upgrade, { state: 'current', features: [], behind: {} });

    const layout = JSON.parse((await coordinator.get(paths.layout))?.value ?? '');
    await coordinator.set(
      paths.layout,
      nodeValue({ ...layout, level: 1, minReader: 1, features: undefined }),
    );
    assert.match(
      (await world.box.ok('machines')).stdout,
      /\nm0 \(Ensemble 0\.1\.0\) has to be upgraded for layout 3, canary, clone, holds, lockstep\n$/,
    );
    const { upgrade } = (await json()).environment;
    assert.deepEqual([upgrade.state, Object.keys(upgrade.behind)], ['blocked', ['m0']]);
  });

  it('forgets machines: all of them, or none where one is in use, and says what to do', async () => {
    await new FakeAgent(agent.coordinator, 'm1').register();
    const up = await world.box.run('remove-machine', 'm1', 'm0');
    assert.equal(up.code, 1);
    assert.match(
      up.stderr,
      /^ensemble: the agent of machine m0 is up: process \d+ on m0\.test\n {2}try: stop it first/,
    );
    await deploy('--machine', 'm0');
    await agent.down();
    const hosting = await world.box.run('remove-machine', 'm0');
    assert.equal(
      hosting.stderr,
      'ensemble: machine m0 hosts a unit: guestbook/0\n' +
        '  try: ensemble remove-unit guestbook/0, and wait until it is gone; or, if the machine is lost: ' +
        'ensemble remove-machine --force m0\n',
    );
    assert.match(
      (await world.box.run('remove-machine', 'm7')).stderr,
      /m7 does not exist; there are: m0, m1\n/,
    );
    assert.equal((await world.box.ok('remove-machine', 'm1')).stderr, 'removed m1\n');
    assert.deepEqual(await agent.coordinator.children(paths.machines), ['m0']);
  });

  it('destroys an environment only when it is told that this is meant, and not under agents that are up', async () => {
    await deploy();
    const asked = await world.box.run('destroy-environment');
    assert.equal(asked.code, 2);
    assert.equal(
      asked.stderr,
      'ensemble: this would remove all that is in environment local: 1 service, 1 unit, 0 relations, 1 formula, ' +
        '1 machine; nothing was removed\n  try: the same command with --yes, if that is meant\n',
    );
    const up = await world.box.run('destroy-environment', '--yes');
    assert.equal(up.code, 1);
    assert.match(
      up.stderr,
      /^ensemble: agents of environment local are up, on m0\n {2}try: stop them first, or/,
    );
    await world.box.ok('status', 'guestbook');
  });

  it('destroys an environment whole, after which it can be bootstrapped anew', async () => {
    await deploy();
    const { stderr } = await world.box.ok('destroy-environment', '--yes', '--force');
    assert.match(stderr, /^environment local is gone: 1 service, .*\nthe stored formulas stay; .*storage\n$/);
    assert.deepEqual(await agent.coordinator.children('/'), []);
    assert.match((await world.box.run('status')).stderr, /has not been bootstrapped/);
    await world.box.ok('bootstrap');
    await deploy();
  });

  it('prints the names there are for shells, quickly, and nothing where there are none to be had', async () => {
    await deploy('-n', '2');
    const names = async (...args: string[]) => (await world.box.ok('__complete', ...args)).stdout;
    assert.equal(await names('services'), 'guestbook\n');
    assert.equal(await names('units'), 'guestbook/0\nguestbook/1\n');
    assert.equal(await names('machines'), 'm0\n');
    assert.equal(await names('environments'), 'local\n');
    assert.equal(await names('nonsense'), '');
    const unreachable = ['--state', 'zookeeper://127.0.0.1:1', '--storage', 'file:x'];
    const run = world.box.start([...unreachable, '__complete', 'services']);
    const late = new AbortController();
    const ended = await Promise.race([
      run.ended,
      pause(9_000, undefined, { signal: late.signal }).catch(() => undefined),
    ]);
    late.abort();
    assert.deepEqual([ended?.code, ended?.stdout, ended?.stderr], [0, '', '']);
  });
});
