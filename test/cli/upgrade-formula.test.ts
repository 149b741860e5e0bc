import assert from 'node:assert/strict';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { paths } from '../../state/model/paths.js';
import { readServiceState } from '../../control/status/snapshot.js';
import { eventually } from '../eventually.js';
import { FakeAgent } from './fake-agent.js';
import { useSandbox } from './sandbox.js';

const one = 'principia:guestbook-1';
const two = 'principia:guestbook-2';

describe('ensemble upgrade-formula', () => {
  const world = useSandbox();
  let agent: FakeAgent;

  /** Three units run revision 1 on m0, and revision 2 lies in the repository. */
  beforeEach(async () => {
    await world.box.bootstrap();
    await world.box.formula('guestbook', 1);
    agent = await (await new FakeAgent(await world.box.coordinator()).register()).up();
    await world.box.ok('deploy', '--no-wait', '--repository', 'principia', '-n', '3', 'guestbook');
    for (const unit of ['guestbook/0', 'guestbook/1', 'guestbook/2']) await agent.start(unit, one);
    await world.box.formula('guestbook', 2);
  });

  const service = async () => {
    const state = await readServiceState(agent.coordinator, 'guestbook');
    assert.ok(state !== undefined);
    return state;
  };
  const flagged = async () =>
    (await service()).units.filter(({ flag }) => flag !== undefined).map(({ name }) => name);
  // At once: these are about what is asked of units, and rollouts have tests of their own.
  const atOnce = ['--strategy', 'all'];
  const upgrade = (...args: string[]) =>
    world.box.run('upgrade-formula', ...(args.includes('--unit') ? [] : atOnce), ...args, 'guestbook');

  it('publishes the highest revision, sets the service, flags the units, and follows them', async () => {
    const running = world.box.start(['upgrade-formula', ...atOnce, 'guestbook']);
    await eventually(async () => assert.equal((await flagged()).length, 3));
    assert.equal((await service()).service.formula, two);
    for (const unit of await flagged()) await agent.upgrade(unit, two);
    const { code, stdout, stderr } = await running.ended;
    assert.equal(code, 0, stderr);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /^published principia:guestbook-2\nupgrading guestbook\/0, guestbook\/1, guestbook\/2 to /,
    );
    assert.match(
      stderr,
      /\n3 of 3 units run principia:guestbook-2 \(\d+\.\d s\)\nto go back to principia:guestbook-1: ensemble revert-formula guestbook\n$/,
    );
  });

  it('prints what came of it where a format is asked for', async () => {
    const running = world.box.start(['upgrade-formula', ...atOnce, '--format', 'json', 'guestbook']);
    await eventually(async () => assert.equal((await flagged()).length, 3));
    await agent.upgrade('guestbook/0', two);
    await agent.upgrade('guestbook/1', two);
    await agent.failUpgrade('guestbook/2', two, 'no index');
    const { code, stdout } = await running.ended;
    assert.equal(code, 1);
    const done = { outcome: 'done', machine: 'm0', state: 'started', message: '' };
    const { rollout, ...printed } = JSON.parse(stdout);
    assert.equal(rollout.state, 'failed');
    assert.equal(rollout.parameters.strategy, 'all');
    assert.deepEqual(printed, {
      service: 'guestbook',
      from: one,
      to: two,
      end: 'settled',
      units: {
        'guestbook/0': done,
        'guestbook/1': done,
        'guestbook/2': {
          outcome: 'failed',
          machine: 'm0',
          state: 'upgrade-error, hook',
          message: 'no index',
        },
      },
    });
    const again = await upgrade('--format', 'json', '--force', '--no-wait');
    const { rollout: next, ...asked } = JSON.parse(again.stdout);
    assert.equal(next.state, 'running');
    assert.deepEqual(asked, {
      service: 'guestbook',
      from: two,
      to: two,
      end: 'not-followed',
      units: { 'guestbook/2': { outcome: 'asked' } },
    });
    const nothing = await upgrade('--format', 'yaml', '--unit', 'guestbook/0');
    assert.match(nothing.stdout, /^end: nothing-to-do$/m);
  });

  it('says so where there is nothing newer, and exits 0', async () => {
    await rename(join(world.box.repository, 'guestbook-2'), join(world.box.directory, 'aside'));
    const { code, stdout, stderr } = await upgrade();
    assert.deepEqual(
      { code, stdout, stderr },
      { code: 0, stdout: '', stderr: `guestbook already runs the newest formula, ${one}\n` },
    );
    assert.deepEqual(await flagged(), []);
  });

  it('flags the units again that an earlier upgrade left behind', async () => {
    await upgrade('--no-wait');
    await agent.upgrade('guestbook/0', two);
    await agent.coordinator.remove(paths.upgrade('guestbook/1'));
    const { code, stderr } = await upgrade('--no-wait');
    assert.equal(code, 0);
    assert.match(stderr, /^upgrading guestbook\/1, guestbook\/2 to principia:guestbook-2\n/);
    assert.deepEqual(await flagged(), ['guestbook/1', 'guestbook/2']);
  });

  it('flags only the units of --unit, and says which stay behind', async () => {
    const { code, stderr } = await world.box.run(
      'upgrade-formula',
      '--no-wait',
      '--unit',
      'guestbook/0',
      'guestbook/2',
      'guestbook',
    );
    assert.equal(code, 0, stderr);
    assert.match(
      stderr,
      /guestbook\/1 stays as before, until: ensemble upgrade-formula --revision 2 guestbook\n$/,
    );
    assert.deepEqual(await flagged(), ['guestbook/0', 'guestbook/2']);
    assert.equal((await service()).service.formula, two);
    await agent.upgrade('guestbook/0', two);
    assert.match(
      (await upgrade('--unit', 'guestbook/0')).stderr,
      /^guestbook\/0 already runs principia:guestbook-2\n/,
    );
  });

  it('refuses units that do not exist or are of another service, before anything is done', async () => {
    const unknown = await upgrade('--unit', 'guestbook/9');
    assert.match(unknown.stderr, /^ensemble: unit guestbook\/9 does not exist\n/);
    const other = await upgrade('--unit', 'mysql/0');
    assert.match(other.stderr, /^ensemble: mysql\/0 is no unit of service guestbook\n/);
    assert.deepEqual([unknown.code, other.code], [1, 1]);
    assert.equal((await service()).service.formula, one);
  });

  it('goes to the revision of --revision, and never back', async () => {
    await world.box.formula('guestbook', 3);
    await upgrade('--no-wait', '--revision', '2');
    assert.equal((await service()).service.formula, two);
    const back = await upgrade('--revision', '1');
    assert.equal(back.code, 1);
    assert.match(
      back.stderr,
      /^ensemble: service guestbook runs principia:guestbook-2, and revision 1 is older/,
    );
    assert.match(back.stderr, /\n {2}try: to bring the old content back, give it a higher revision/);
    const missing = await upgrade('--revision', '8');
    assert.match(missing.stderr, /holds no revision 8 of guestbook\n {2}try: choose one of 1, 2, 3/);
  });

  it('looks in another repository from then on where one is named; the formula’s id keeps its name', async () => {
    await world.box.file('elsewhere/guestbook/metadata.yaml', 'name: guestbook\nrevision: 5\n');
    await upgrade('--no-wait', '--repository', 'elsewhere');
    const { formula, repository } = (await service()).service;
    assert.equal(formula, 'principia:guestbook-5');
    assert.deepEqual({ ...repository }, { name: 'principia', path: join(world.box.directory, 'elsewhere') });
    await world.box.file('elsewhere/guestbook/metadata.yaml', 'name: guestbook\nrevision: 6\n');
    await upgrade('--no-wait');
    assert.equal((await service()).service.formula, 'principia:guestbook-6');
  });

  it('says where the origin is gone', async () => {
    await rename(world.box.repository, join(world.box.directory, 'moved'));
    const { code, stderr } = await upgrade();
    assert.equal(code, 1);
    assert.match(stderr, /principia is no repository: it does not exist\n {2}try: name a directory/);
  });

  it('lets units in an error state wait, lists them, and says how they go on', async () => {
    await agent.report('guestbook/1', {
      state: 'config-error',
      message: 'hook config-changed exited with 1',
    });
    const running = world.box.start(['upgrade-formula', ...atOnce, 'guestbook']);
    await eventually(async () => assert.equal((await flagged()).length, 3));
    for (const unit of ['guestbook/0', 'guestbook/2']) await agent.upgrade(unit, two);
    const { code, stderr } = await running.ended;
    assert.equal(code, 1);
    assert.match(
      stderr,
      /warning: guestbook\/1 is in config-error, so its upgrade waits until: ensemble resolved --retry guestbook\/1/,
    );
    assert.match(stderr, /\n2 of 3 units run principia:guestbook-2 /);
    assert.match(
      stderr,
      /\nguestbook\/1 failed: config-error, upgrade wanted: hook config-changed exited with 1\n/,
    );
    assert.match(
      stderr,
      /\n {2}try: ensemble resolved --retry guestbook\/1, or ensemble upgrade-formula --revision 2 --force guestbook\nto go back to principia:guestbook-1: .*\nthe rollout failed: guestbook\/1 failed: /,
    );
  });

  it('flags all units although the status of one cannot be read, and says which', async () => {
    await agent.coordinator.set(paths.status('guestbook/1'), 'no JSON');
    const { code, stderr } = await upgrade('--no-wait');
    assert.equal(code, 0);
    assert.match(
      stderr,
      /^warning: \/units\/guestbook-1\/status cannot be read: it is no JSON; it is asked all/m,
    );
    for (const unit of ['guestbook/0', 'guestbook/1', 'guestbook/2'])
      assert.notEqual(await agent.coordinator.get(paths.upgrade(unit)), undefined, unit);
  });

  it('upgrades units in an error state with --force, and waits for them', async () => {
    await agent.report('guestbook/1', { state: 'config-error', message: 'no' });
    const running = world.box.start(['upgrade-formula', ...atOnce, '--force', 'guestbook']);
    await eventually(async () => assert.equal((await flagged()).length, 3));
    assert.equal((await agent.unit('guestbook/1')).flag?.force, true);
    for (const unit of ['guestbook/0', 'guestbook/2', 'guestbook/1']) await agent.upgrade(unit, two);
    const { code, stderr } = await running.ended;
    assert.equal(code, 0, stderr);
    assert.match(stderr, /warning: guestbook\/1 is in config-error, and is upgraded all the same/);
  });

  it('tells of a failed upgrade with its message and the next command, and exits 1', async () => {
    const running = world.box.start(['upgrade-formula', ...atOnce, 'guestbook']);
    await eventually(async () => assert.equal((await flagged()).length, 3));
    await agent.failUpgrade('guestbook/1', two, 'hook upgrade-formula exited with 3');
    for (const unit of ['guestbook/0', 'guestbook/2']) await agent.upgrade(unit, two);
    const { code, stderr } = await running.ended;
    assert.equal(code, 1);
    assert.ok(
      stderr.endsWith(
        'guestbook/1 failed: upgrade-error, hook: hook upgrade-formula exited with 3\n' +
          '  try: ensemble resolved --retry guestbook/1\n' +
          'to go back to principia:guestbook-1: ensemble revert-formula guestbook\n' +
          'the rollout failed: guestbook/1 failed: upgrade-error: hook upgrade-formula exited with 3\n' +
          '  once that is mended: ensemble rollout retry guestbook\n' +
          '  or have it go back: ensemble rollout revert guestbook\n',
      ),
      stderr,
    );
  });

  it('of two at once, both go to the same revision and neither loses a unit', async () => {
    const runs = await Promise.all([upgrade('--no-wait'), upgrade('--no-wait')]);
    assert.deepEqual(
      runs.map(({ code }) => code),
      [0, 0],
    );
    assert.equal((await service()).service.formula, two);
    assert.equal((await flagged()).length, 3);
  });

  it('of two at once to different revisions, the higher one wins, whoever comes first', async () => {
    await world.box.formula('guestbook', 3);
    const [lower, higher] = await Promise.all([
      upgrade('--no-wait', '--revision', '2'),
      upgrade('--no-wait', '--revision', '3'),
    ]);
    assert.equal(higher.code, 0, higher.stderr);
    assert.equal((await service()).service.formula, 'principia:guestbook-3');
    // It was first, or it was told.
    if (lower.code !== 0) assert.match(lower.stderr, /somebody else set service guestbook to|is older/);
    assert.equal((await flagged()).length, 3);
  });

  it('raises the revision in the formula’s directory by --bump, and upgrades to it', async () => {
    const { code, stderr } = await upgrade('--bump', '--no-wait');
    assert.equal(code, 0, stderr);
    const metadata = await readFile(join(world.box.repository, 'guestbook-2/metadata.yaml'), 'utf8');
    assert.match(metadata, /^revision: 3$/m);
    assert.equal((await service()).service.formula, 'principia:guestbook-3');
  });

  it('changes nothing by --bump together with --dry-run', async () => {
    const { code, stdout } = await upgrade('--bump', '--dry-run');
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^guestbook: principia:guestbook-1 -> principia:guestbook-3\nrevision 3 would be written/,
    );
    const metadata = await readFile(join(world.box.repository, 'guestbook-2/metadata.yaml'), 'utf8');
    assert.match(metadata, /^revision: 2$/m);
  });

  it('flags a unit that has installed nothing yet, in case it is installing the formula of before', async () => {
    await world.box.ok('add-unit', '--no-wait', 'guestbook');
    const { stderr } = await upgrade('--no-wait');
    assert.match(stderr, /upgrading .*guestbook\/3 to/);
  });

  it('refuses a service that is being destroyed', async () => {
    await world.box.ok('destroy-service', 'guestbook');
    const { code, stderr } = await upgrade();
    assert.equal(code, 1);
    assert.match(stderr, /^ensemble: service guestbook is being destroyed\n/);
  });
});
