import assert from 'node:assert/strict';
import { nodeValue } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { readServiceState } from '../../control/status/snapshot.js';
import { FakeAgent } from './fake-agent.js';
import { useSandbox } from './sandbox.js';

const one = 'principia:guestbook-1';
const two = 'principia:guestbook-2';

describe('ensemble hold-upgrade and unhold-upgrade', () => {
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

  const as = (person: string, ...args: string[]) =>
    world.box.start(args, { ENSEMBLE_OPERATOR: person }).ended;
  const json = async (...args: string[]) =>
    JSON.parse((await world.box.ok(...args, '--format', 'json')).stdout);
  const state = async () => {
    const found = await readServiceState(agent.coordinator, 'guestbook');
    assert.ok(found !== undefined);
    return {
      formula: found.service.formula,
      flagged: found.units.filter(({ flag }) => flag !== undefined).map(({ name }) => name),
    };
  };

  it('say at the end which units go on with the rollout that left them out', async () => {
    await as('ann', 'hold-upgrade', '--reason', 'busy', 'guestbook/0');
    await world.box.ok('upgrade-formula', '--no-wait', '--strategy', 'all', 'guestbook');
    assert.deepEqual((await state()).flagged, ['guestbook/1', 'guestbook/2']);
    const { stderr } = await as('ann', 'unhold-upgrade', 'guestbook/0');
    assert.match(
      stderr,
      /guestbook\/0 goes on by itself, to principia:guestbook-2, with the rollout that left it out; that ends by: ensemble rollout abort guestbook\n$/,
    );
    await world.box.ok('rollout', 'abort', 'guestbook');
    await as('ann', 'hold-upgrade', '--reason', 'busy', 'guestbook/0');
    assert.doesNotMatch((await as('ann', 'unhold-upgrade', 'guestbook/0')).stderr, /by itself/);
  });

  it('keep a service as it is, with who, until when and why; nothing changes, not even its formula', async () => {
    const { stderr } = await as(
      'ann',
      'hold-upgrade',
      '--for',
      '3d',
      '--reason',
      'stock-taking',
      'guestbook',
    );
    assert.match(
      stderr,
      /^guestbook is held: no unit of it is upgraded unless by --force, until \d{4}-\S+Z, or ensemble unhold-upgrade guestbook\n$/,
    );
    const { code, stderr: refused } = await world.box.run('upgrade-formula', '--bump', 'guestbook');
    assert.equal(code, 1);
    assert.match(
      refused,
      /^ensemble: guestbook is held by ann@\S+ until \S+Z: stock-taking\n {2}try: ask ann@\S+, then: ensemble unhold-upgrade --all guestbook, or the same command with --force\n$/,
    );
    assert.deepEqual(await state(), { formula: one, flagged: [] });
    assert.equal(await agent.coordinator.get(paths.formula(two)), undefined);
    const { holds } = (await json('status')).services.guestbook;
    assert.equal(holds.length, 1);
    const hours = (Date.parse(holds[0].until) - Date.parse(holds[0].since)) / 3_600_000;
    assert.deepEqual([holds[0].reason, holds[0].level, hours], ['stock-taking', 'all', 72]);
    const table = (await world.box.ok('status')).stdout;
    assert.match(table, /^guestbook \(held\) /m);
    assert.match(
      table,
      /^guestbook is held by ann@\S+ until \S+Z: stock-taking; that ends by: ensemble unhold-upgrade --all guestbook$/m,
    );
    const entries = await json('history', '--what', 'hold-upgrade');
    assert.match(entries[0].message, /^until \S+Z: stock-taking$/);
  });

  it('leave held units out, say so, and the others go', async () => {
    await as('ann', 'hold-upgrade', '--reason', 'slow disk', 'guestbook/0,guestbook/1');
    const dry = await world.box.ok('upgrade-formula', '--dry-run', 'guestbook');
    assert.match(dry.stdout, /^ {2}guestbook\/2: upgrades\n/m);
    assert.match(dry.stdout, /^ {2}guestbook\/0: stays as it is, held by ann@\S+: slow disk$/m);
    const { stderr, stdout } = await world.box.ok(
      'upgrade-formula',
      '--strategy',
      'all',
      '--no-wait',
      '--format',
      'json',
      'guestbook',
    );
    assert.match(
      stderr,
      /guestbook\/0, guestbook\/1 stay as before, held by ann@\S+: slow disk; that ends by: ensemble unhold-upgrade --all guestbook\/0/,
    );
    assert.deepEqual(Object.keys(JSON.parse(stdout).held), ['guestbook/0', 'guestbook/1']);
    assert.deepEqual(await state(), { formula: two, flagged: ['guestbook/2'] });
    const { units } = (await json('status')).services.guestbook;
    assert.equal(units['guestbook/0'].holds[0].reason, 'slow disk');
    assert.equal(units['guestbook/2'].holds, undefined);
    assert.match((await world.box.ok('status')).stdout, /^guestbook\/0 +started, held /m);
  });

  it('refuse a unit that is named and held; --force asks it and puts on record whose hold that was', async () => {
    await as('ann', 'hold-upgrade', '--reason', 'slow disk', 'guestbook/0');
    const upgrade = ['upgrade-formula', '--no-wait', '--unit', 'guestbook/0', 'guestbook'];
    const refused = await world.box.run(...upgrade);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /guestbook\/0 is held by ann@\S+: slow disk\n {2}try: /);
    const forced = await world.box.ok(...upgrade, '--force');
    assert.match(forced.stderr, /guestbook\/0 is held by ann@\S+: slow disk, and asked all the same/);
    assert.deepEqual((await state()).flagged, ['guestbook/0']);
    const [entry] = await json('history', '--what', 'upgrade');
    assert.match(entry.message, /^guestbook\/0, by force, over the hold of ann@/);
  });

  it('end with 1 where every unit is held alone, and say that nothing was upgraded', async () => {
    await world.box.ok('hold-upgrade', '--reason', 'x', 'guestbook/0,guestbook/1,guestbook/2');
    const { code, stderr } = await world.box.run('upgrade-formula', '--strategy', 'all', 'guestbook');
    assert.equal(code, 1);
    assert.match(stderr, /but guestbook\/0, guestbook\/1, guestbook\/2 are held: nothing was upgraded/);
  });

  it('count for going back too', async () => {
    await world.box.ok('upgrade-formula', '--strategy', 'all', '--no-wait', 'guestbook');
    for (const { name } of (await readServiceState(agent.coordinator, 'guestbook'))?.units ?? [])
      await agent.upgrade(name, two);
    await as('ann', 'hold-upgrade', '--reason', 'x', 'guestbook/0');
    for (const args of [['guestbook/0']])
      assert.equal((await world.box.run('revert-formula', ...args)).code, 1);
    const { stderr } = await world.box.ok('revert-formula', '--no-wait', 'guestbook');
    assert.match(stderr, /guestbook\/0 stays as before, held by ann@/);
    assert.deepEqual((await state()).flagged, ['guestbook/1', 'guestbook/2']);
    await as('ann', 'hold-upgrade', '--reason', 'x', 'guestbook');
    const before = await state();
    assert.equal((await world.box.run('revert-formula', 'guestbook')).code, 1);
    assert.deepEqual(await state(), before);
  });

  it('let people upgrade where only programs are kept from it', async () => {
    await world.box.ok('hold-upgrade', '--level', 'auto', '--reason', 'x', 'guestbook');
    await world.box.ok('upgrade-formula', '--strategy', 'all', '--no-wait', 'guestbook');
    assert.equal((await state()).flagged.length, 3);
  });

  it('say which units were asked before, and go on', async () => {
    await world.box.ok('upgrade-formula', '--no-wait', '--unit', 'guestbook/1', 'guestbook');
    const { stderr } = await world.box.ok('hold-upgrade', '--reason', 'x', 'guestbook');
    assert.match(stderr, /guestbook\/1 was asked to upgrade before, and goes on with that\n$/);
  });

  it('are of each holder: one’s own goes, the others’ stay and are named', async () => {
    await as('ann', 'hold-upgrade', '--reason', 'first', 'guestbook');
    await as('bob', 'hold-upgrade', '--reason', 'second', 'guestbook');
    await as('bob', 'hold-upgrade', '--reason', 'third', '--for', '1h', 'guestbook');
    const { holds } = (await json('status')).services.guestbook;
    assert.deepEqual(
      holds.map(({ reason }: { readonly reason: string }) => reason),
      ['first', 'third'],
    );
    const ended = await as('bob', 'unhold-upgrade', 'guestbook');
    assert.equal(ended.code, 0);
    assert.match(ended.stderr, /^guestbook is no longer held by bob@\S+ until \S+Z: third\n/);
    assert.match(
      ended.stderr,
      /guestbook is still held by ann@\S+: first; that ends by: ensemble unhold-upgrade --all guestbook\n$/,
    );
    const others = await as('bob', 'unhold-upgrade', 'guestbook');
    assert.equal(others.code, 1);
    assert.match(
      others.stderr,
      /^ensemble: bob@\S+ has no hold on guestbook, which is held by ann@\S+: first\n/,
    );
    await world.box.ok('unhold-upgrade', '--by', 'a*', 'guestbook');
    assert.match((await world.box.ok('unhold-upgrade', 'guestbook')).stderr, /^nobody holds guestbook\n$/);
    assert.equal(await agent.coordinator.get(paths.hold('guestbook')), undefined);
  });

  it('are over at their time, whatever stands in the state', async () => {
    const hold = {
      holder: 'ann@x',
      since: '2026-01-01T00:00:00Z',
      until: '2026-01-02T00:00:00Z',
      level: 'all',
      reason: 'x',
    };
    await agent.coordinator.create(paths.hold('guestbook'), nodeValue({ holds: [hold], later: 1 }));
    assert.equal((await json('status')).services.guestbook.holds, undefined);
    await world.box.ok('upgrade-formula', '--strategy', 'all', '--no-wait', 'guestbook');
    await world.box.ok('hold-upgrade', '--reason', 'y', 'guestbook');
    const node = JSON.parse((await agent.coordinator.get(paths.hold('guestbook')))?.value ?? '');
    assert.deepEqual([node.holds.length, node.later], [1, 1]);
  });

  it('that cannot be read keep everything but what goes by force, and are shown', async () => {
    await agent.coordinator.create(paths.hold('guestbook'), '{"holds": 7}');
    const { code, stderr } = await world.box.run('upgrade-formula', '--strategy', 'all', 'guestbook');
    assert.equal(code, 1);
    assert.match(stderr, /\/services\/guestbook\/hold/);
    const [problem] = (await json('status')).problems;
    assert.equal(problem.path, '/services/guestbook/hold');
    await world.box.ok('upgrade-formula', '--strategy', 'all', '--no-wait', '--force', 'guestbook');
  });

  it('refuse what is no time, no reason, and what is not there, and then hold nothing', async () => {
    const refusals: readonly (readonly [readonly string[], number, RegExp])[] = [
      [['guestbook'], 2, /--reason says why/],
      [['--reason', ' ', 'guestbook'], 2, /--reason says why/],
      [['--reason', 'x', '--for', '1h', '--forever', 'guestbook'], 2, /give one of them/],
      [['--reason', 'x', '--for', '0d', 'guestbook'], 2, /Write it like 12h, 3d or 2w/],
      [['--reason', 'x', '--for', '3', 'guestbook'], 2, /Write it like 12h, 3d or 2w/],
      [['--reason', 'x', '--until', 'yesterday', 'guestbook'], 2, /That is over already/],
      [['--reason', 'x', '--until', 'soon', 'guestbook'], 2, /Write a time such as/],
      [['--reason', 'x', '--level', 'some', 'guestbook'], 2, /all, auto/],
      [['--reason', 'x', 'guestbook', 'nothing'], 1, /service nothing does not exist/],
      [['--reason', 'x', 'guestbook', 'guestbook/9'], 1, /unit guestbook\/9 does not exist/],
    ];
    for (const [args, code, message] of refusals) {
      const run = await world.box.run('hold-upgrade', ...args);
      assert.equal(run.code, code, `${args.join(' ')}: ${run.stderr}`);
      assert.match(run.stderr, message);
    }
    const both = await world.box.run('unhold-upgrade', '--by', 'ann', '--all', 'guestbook');
    assert.equal(both.code, 2);
    assert.equal(await agent.coordinator.get(paths.hold('guestbook')), undefined);
  });

  it('are completed: unhold-upgrade by what is held only', async () => {
    await world.box.ok('hold-upgrade', '--reason', 'x', 'guestbook/1');
    assert.equal((await world.box.ok('__complete', 'held')).stdout, 'guestbook/1\n');
  });
});
