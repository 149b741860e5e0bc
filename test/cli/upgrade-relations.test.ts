import assert from 'node:assert/strict';
import { paths } from '../../state/model/paths.js';
import { FakeAgent } from './fake-agent.js';
import { useSandbox } from './sandbox.js';

describe('upgrade-formula of a service with relations', () => {
  const world = useSandbox();
  let agent: FakeAgent;
  beforeEach(async () => {
    const { box } = world;
    await box.bootstrap();
    agent = await (await new FakeAgent(await box.coordinator()).register()).up();
    await box.formula('mysql', 1, {
      metadata: 'provides: {server: mysql, admin: x}\npeers: {old: ring}\n',
      config: 'options: {port: {type: int}, mode: {type: string}, kept: {type: string}}\n',
    });
    await box.formula('blog', 1, { metadata: 'requires: {db: mysql}\n' });
    for (const name of ['mysql', 'blog']) {
      await box.ok('deploy', '--no-wait', '--repository', 'principia', name);
      await agent.start(`${name}/0`, `principia:${name}-1`);
    }
    await box.ok('add-relation', 'blog', 'mysql');
  });

  const upgrade = (...args: string[]) => world.box.run('upgrade-formula', '--no-wait', 'mysql', ...args);
  const service = async () =>
    JSON.parse((await world.box.ok('status', '--format', 'json')).stdout).services.mysql;
  const flagged = async () => (await agent.coordinator.get(paths.upgrade('mysql/0'))) !== undefined;

  it('is refused before anything is flagged where a relation in use would break', async () => {
    await world.box.formula('mysql', 2, { metadata: 'provides: {server: mysql-8}\n' });
    const { code, stderr } = await upgrade();
    assert.equal(code, 1);
    assert.equal(
      stderr,
      'ensemble: principia:mysql-2 does not fit the relations of mysql:\n' +
        '  relation server (with blog): its interface is mysql-8 instead of mysql\n' +
        '  try: ensemble remove-relation mysql:server blog, or the same command with --force\n',
    );
    assert.equal((await service()).formula, 'principia:mysql-1');
    assert.equal(await flagged(), false);
    assert.equal(await agent.coordinator.get(paths.formula('principia:mysql-2')), undefined);
  });

  it('goes on with --force, says what breaks, and can be run again', async () => {
    await world.box.formula('mysql', 2);
    const { code, stderr } = await upgrade('--force');
    assert.equal(code, 0);
    assert.match(
      stderr,
      /^warning: principia:mysql-2 breaks relation server \(with blog\): it is no longer there\n/,
    );
    assert.equal(await flagged(), true);
    assert.equal((await upgrade()).code, 0, 'what is done needs no force again');
  });

  it('may drop what nobody uses, and makes peer relations and marks those it drops', async () => {
    await world.box.formula('mysql', 2, { metadata: 'provides: {server: mysql}\npeers: {new: ring}\n' });
    assert.equal((await upgrade()).code, 0);
    const { relations } = JSON.parse((await world.box.ok('status', '--format', 'json')).stdout);
    // The old one stands for mysql/0, which still runs the formula that has it.
    assert.deepEqual(Object.values(relations), [
      { endpoints: ['mysql:old'], interface: 'ring', scope: 'global', dropped: true },
      { endpoints: ['blog:db', 'mysql:server'], interface: 'mysql', scope: 'global' },
      { endpoints: ['mysql:new'], interface: 'ring', scope: 'global' },
    ]);
    assert.match((await world.box.ok('status')).stdout, /mysql:old +ring +going, peers\n/);
  });

  it('never makes a service a subordinate', async () => {
    await world.box.formula('mysql', 2, {
      metadata:
        'provides: {server: mysql}\nsubordinate: true\nrequires: {h: {interface: i, scope: container}}\n',
    });
    for (const args of [[], ['--force'], ['--dry-run']]) {
      const { code, stderr } = await upgrade(...args);
      assert.equal(code, 1);
      assert.match(stderr, /^ensemble: principia:mysql-2 is a subordinate, and service mysql is not\n/);
    }
  });

  it('names the values that no longer fit, which are kept', async () => {
    await world.box.ok('set', '--no-wait', 'mysql', 'port=3306', 'mode=strict', 'kept=yes');
    await world.box.formula('mysql', 2, {
      metadata: 'provides: {server: mysql}\n',
      config: 'options: {port: {type: string}, kept: {type: string}}\n',
    });
    const { stderr } = await upgrade();
    assert.match(
      stderr,
      /warning: what port is set to is kept, but principia:mysql-2 does not use it: port must be text/,
    );
    assert.match(
      stderr,
      /warning: what mode is set to is kept, but principia:mysql-2 does not use it: mode is not an option of it\n/,
    );
    assert.doesNotMatch(stderr, /what kept/);
    const { stdout } = await world.box.ok('get', '--format', 'json', 'mysql');
    assert.deepEqual(JSON.parse(stdout).unused, { port: 3306, mode: 'strict' });
  });

  it('shows all of that by --dry-run, and changes nothing', async () => {
    await world.box.ok('set', '--no-wait', 'mysql', 'port=3306');
    await world.box.formula('mysql', 2, { metadata: 'peers: {new: ring}\n' });
    const { code, stdout } = await upgrade('--dry-run');
    assert.equal(code, 0);
    assert.match(
      stdout,
      /\nrelations in use, refused without --force:\n {2}relation server \(with blog\): it is no longer there\n/,
    );
    assert.match(stdout, /\nvalues that are kept, but not used:\n {2}port is not an option of it\n/);
    assert.match(stdout, /\nrelations:\n {2}\+ new: interface ring/);
    const { misfits } = JSON.parse((await upgrade('--dry-run', '--format', 'json')).stdout);
    assert.deepEqual(misfits, {
      relations: [{ relation: 'server', services: ['blog'], reason: 'it is no longer there' }],
      config: [{ option: 'port', reason: 'is not an option of it' }],
    });
    assert.deepEqual((await service()).relations, { old: ['mysql'], server: ['blog'] });
    assert.equal(await flagged(), false);
  });
});
