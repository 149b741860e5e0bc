import assert from 'node:assert/strict';
import { FakeAgent } from './fake-agent.js';
import { useSandbox } from './sandbox.js';

describe('ensemble cordon and uncordon', () => {
  const world = useSandbox();
  let agent: FakeAgent;
  beforeEach(async () => {
    await world.box.bootstrap();
    await world.box.formula('guestbook', 1);
    agent = await (await new FakeAgent(await world.box.coordinator()).register()).up();
  });
  const deploy = (...args: string[]) =>
    world.box.run('deploy', '--no-wait', '--repository', 'principia', 'guestbook', ...args);
  const json = async (...args: string[]) =>
    JSON.parse((await world.box.ok(...args, '--format', 'json')).stdout);

  it('name the agents of a release that knows no cordons, as they may place units there', async () => {
    const { coordinator } = agent;
    const old = { pid: 1, version: '0.1.0', since: '2026-01-01T00:00:00.000Z' };
    await coordinator.create('/machines/m7', '{"hostname":"old.test"}');
    await coordinator.create('/machines/m7/units', '{}');
    await coordinator.create('/machines/m7/agent', JSON.stringify(old), { ephemeral: true });
    assert.match(
      (await world.box.ok('cordon', 'm0')).stderr,
      /^warning: the agents of m7 are of release 0\.1\.0, which knows no cordons: .* until they are upgraded$/m,
    );
    await coordinator.remove('/machines/m7/agent');
    assert.doesNotMatch((await world.box.ok('cordon', 'm0')).stderr, /release/);
  });

  it('keep new units from a machine, and show who wants that, since when and why', async () => {
    await (await new FakeAgent(agent.coordinator, 'm1').register()).up();
    await deploy('-n', '2');
    const { stderr } = await world.box.ok('cordon', '--reason', 'new disks', 'm0');
    assert.equal(
      stderr,
      'm0 is cordoned: its units stay, and it takes no new ones until: ensemble uncordon m0\n',
    );
    await world.box.ok('add-unit', '--no-wait', '-n', '2', 'guestbook');
    const { machines } = await json('machines');
    assert.deepEqual(machines.m0.units, ['guestbook/0']);
    assert.deepEqual(machines.m1.units, ['guestbook/1', 'guestbook/2', 'guestbook/3']);
    assert.deepEqual(Object.keys(machines.m0.cordoned).sort(), ['by', 'reason', 'since']);
    assert.equal(machines.m0.cordoned.reason, 'new disks');
    assert.equal(machines.m1.cordoned, undefined);
    assert.deepEqual((await json('status')).machines.m0.cordoned, machines.m0.cordoned);
    const table = (await world.box.ok('machines')).stdout;
    assert.match(table, /^m0 +up, cordoned +/m);
    assert.match(table, /^m0 takes no new units since 20\S+, by \S+@\S+: new disks$/m);
    assert.match((await world.box.ok('status')).stdout, /^m0 +up, cordoned +/m);
    const entries = (await world.box.ok('history', '--what', 'cordon')).stdout;
    assert.match(entries, /cordon .*m0: new disks/);
    assert.equal((await world.box.ok('uncordon', 'm0')).stderr, 'm0 takes new units again\n');
    await world.box.ok('add-unit', '--no-wait', 'guestbook');
    assert.deepEqual((await json('machines')).machines.m0.units, ['guestbook/0', 'guestbook/4']);
    assert.match((await world.box.ok('history')).stdout, /uncordon .*m0/);
  });

  it('say a second time that it is so, and change nothing but the reason', async () => {
    await world.box.ok('cordon', '--reason', 'disks', 'm0');
    const { since } = (await json('machines')).machines.m0.cordoned;
    assert.match(
      (await world.box.ok('cordon', 'm0')).stderr,
      new RegExp(`^m0 is cordoned already, since ${since} by \\S+: disks\\n$`),
    );
    assert.match(
      (await world.box.ok('cordon', '--reason', 'memory', 'm0')).stderr,
      /^m0 is cordoned already, since .*; its reason is now: memory\n$/,
    );
    const { cordoned } = (await json('machines')).machines.m0;
    assert.deepEqual([cordoned.since, cordoned.reason], [since, 'memory']);
    await world.box.ok('uncordon', 'm0');
    assert.equal((await world.box.ok('uncordon', 'm0')).stderr, 'm0 is not cordoned\n');
  });

  it('name the machines there are where one is not among them, and cordon none', async () => {
    for (const command of ['cordon', 'uncordon']) {
      const { code, stderr } = await world.box.run(command, 'm0', 'm7');
      assert.equal(code, 1);
      assert.match(stderr, /^ensemble: machine m7 does not exist; there are: m0\n/);
    }
    assert.equal((await json('machines')).machines.m0.cordoned, undefined);
  });

  it('refuse a cordoned machine by name before anything is made', async () => {
    await world.box.ok('cordon', 'm0');
    const { code, stderr } = await deploy('--machine', 'm0');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /machine m0 is cordoned by \S+ and takes no new units\n {2}try: ensemble uncordon m0, or/,
    );
    assert.match((await world.box.run('status', 'guestbook')).stderr, /does not exist/);
  });

  it('keep units waiting where every machine is cordoned, which say what they wait for', async () => {
    await world.box.ok('cordon', 'm0');
    const made = await world.box.run('deploy', '--repository', 'principia', 'guestbook');
    assert.equal(made.code, 1);
    assert.match(
      made.stderr,
      /every machine is cordoned: ensemble uncordon m0\n {2}until then guestbook\/0 waits; the request is kept\n$/,
    );
    assert.match(
      (await world.box.ok('add-unit', '--no-wait', 'guestbook')).stderr,
      /every machine is cordoned, so guestbook\/1 must wait; ensemble uncordon m0\n$/,
    );
    const unit = (await json('status', 'guestbook')).services.guestbook.units['guestbook/0'];
    assert.deepEqual(unit.blockers, [
      {
        reason: 'it waits for a machine, and every machine is cordoned: m0',
        next: 'ensemble uncordon m0',
      },
    ]);
    assert.match(
      (await world.box.ok('status')).stdout,
      /guestbook\/0: without a machine since .*\n {4}it waits for a machine, and every machine is cordoned: m0\n {4}next: ensemble uncordon m0\n/,
    );
    // Of the agent that is up here nothing is real: the command itself places them.
    await world.box.ok('uncordon', 'm0');
    assert.deepEqual((await json('machines')).machines.m0.units, ['guestbook/0', 'guestbook/1']);
    assert.equal((await json('status')).services.guestbook.units['guestbook/0'].blockers, undefined);
  });

  it('are completed: uncordon by the cordoned machines only', async () => {
    await new FakeAgent(agent.coordinator, 'm1').register();
    await world.box.ok('cordon', 'm1');
    assert.equal((await world.box.ok('__complete', 'cordoned-machines')).stdout, 'm1\n');
  });
});
