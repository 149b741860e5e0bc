import assert from 'node:assert/strict';
import { revertUnit } from '../../../control/upgrade/revert.js';
import { systemClock } from '../../../state/platform/clock.js';
import { eventually } from '../../eventually.js';
import { ensemble } from '../operator.js';
import { requester, World } from '../world.js';

const one = 'world:f-1';
const two = 'world:f-2';

describe('a formula that is told of an upgrade', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const asked = async () => (await world.trace()).filter((line) => line === 'upgrade-pending 1').length;

  async function started(body: string, options: Parameters<World['agent']>[0] = {}): Promise<void> {
    await world.publish(1, { hooks: { 'upgrade-pending': body } });
    await world.agent(options);
    await world.deploy(one);
    await world.untilOn(one);
    const metadata = 'name: f\nrevision: 2\nsummary: s\nrelease: {urgent: security}\n';
    await world.publish(2, { files: { 'metadata.yaml': metadata } });
  }

  const held = () =>
    eventually(async () => {
      const { unit, status } = await world.unit();
      assert.equal(unit.formula, one);
      const [blocker] = status.upgrade?.blockers ?? [];
      assert.equal(blocker?.kind, 'held');
      return blocker;
    });

  it('knows what it is about, and its silence proceeds', async () => {
    await started(
      'env | grep -E "^ENSEMBLE_(UPGRADE|FORMULA_(FROM|TO))" | sort >"$TRACE/env"; upgrade-get --format json >"$TRACE/get"',
    );
    await world.upgrade(two);
    await world.untilOn(two);
    assert.equal(await asked(), 1);
    const text = await world.text('env');
    assert.match(text, /^ENSEMBLE_FORMULA_FROM=world:f-1$/m);
    assert.match(text, /^ENSEMBLE_FORMULA_TO=world:f-2$/m);
    assert.match(text, /^ENSEMBLE_UPGRADE_UNIT=f\/0$/m);
    assert.match(text, /^ENSEMBLE_UPGRADE_SERVICE=f$/m);
    assert.match(text, /^ENSEMBLE_UPGRADE_RELATION=$/m);
    assert.match(text, /^ENSEMBLE_UPGRADE_CLASS=eligible$/m);
    assert.match(text, /^ENSEMBLE_UPGRADE_URGENT=security$/m);
    const deadline = /^ENSEMBLE_UPGRADE_DEADLINE=(.*)$/m.exec(text)?.[1] ?? '';
    const days = (Date.parse(deadline) - Date.now()) / 86_400_000;
    assert.ok(days > 89.9 && days <= 90, deadline);
    const facts = JSON.parse(await world.text('get'));
    assert.deepEqual(facts, {
      service: 'f',
      unit: 'f/0',
      relation: '',
      from: one,
      to: two,
      class: 'eligible',
      urgent: 'security',
      deadline,
      hold: null,
      blockers: [],
    });
  });

  it('holds it for a while, which everybody sees, and it goes on when that is over', async () => {
    let ahead = 0;
    await started('upgrade-hold --for 2d --reason audit', {
      clock: { ...clockOf(() => ahead) },
    });
    await world.upgrade(two);
    const blocker = await held();
    assert.deepEqual([blocker.who, blocker.reason], ['f/0', 'f/0 holds its own upgrade: audit']);
    assert.equal(Date.parse(blocker.until ?? '') - Date.parse(blocker.since), 2 * 86_400_000);
    assert.match(
      blocker.ends ?? '',
      /^ensemble run f\/0 upgrade-proceed, or .*ensemble upgrade-formula --revision 2 --force --unit f\/0 f$/,
    );
    assert.match((await ensemble(world, 'status')).stdout, /f\/0 holds its own upgrade: audit/);
    // The next agent knows it, too, and does not ask again.
    await world.stopAgents();
    ahead = 2 * 86_400_000;
    await world.agent({ clock: clockOf(() => ahead) });
    await world.untilOn(two);
    assert.equal(await asked(), 1);
  });

  it('holds the rollout that asks for it, which names it', async () => {
    await started('upgrade-hold --for 2d --reason audit');
    assert.equal((await ensemble(world, 'upgrade-formula', '--no-wait', 'f')).code, 0);
    await held();
    const { stdout } = await ensemble(world, 'rollout', 'status', '--format', 'json', 'f');
    assert.match(stdout, /"kind": ?"held"/);
    assert.match(stdout, /f\/0 holds its own upgrade: audit/);
    assert.match(
      (await ensemble(world, 'rollout', 'status', 'f')).stdout,
      /f\/0 holds its own upgrade: audit/,
    );
  });

  it('holds it where the hook fails, until an operator has it proceed', async () => {
    await started('upgrade-proceed; exit 3');
    await world.upgrade(two);
    assert.match(
      (await held()).reason,
      /f\/0 holds its own upgrade: hook "upgrade-pending" of f\/0 failed with exit status 3/,
    );
    assert.equal((await ensemble(world, 'run', 'f/0', 'upgrade-proceed')).code, 0);
    await world.untilOn(two);
    assert.equal(await asked(), 1);
  });

  it('is gone over by force, on record', async () => {
    await started('upgrade-hold');
    await world.upgrade(two);
    await held();
    assert.equal((await ensemble(world, 'upgrade-formula', '--force', '--unit', 'f/0', 'f')).code, 0);
    await world.untilOn(two);
    const { stdout } = await ensemble(world, 'history', '--format', 'json', 'f/0');
    const done = JSON.parse(stdout).find(({ what }: { what: string }) => what === 'upgrade');
    assert.match(done?.message ?? '', /^although held by itself until /);
  });

  it('is not asked on the way back', async () => {
    await started('upgrade-hold');
    const three = await world.publish(3, { hooks: { 'upgrade-pending': 'upgrade-hold' } });
    await world.upgrade(three, ['f/0'], true);
    await world.untilOn(three);
    await revertUnit(world.coordinator, 'f/0', requester);
    await world.untilOn(one);
    assert.deepEqual(
      (await world.trace()).filter((line) => line.startsWith('upgrade-pending')),
      [],
    );
  });

  it('is told once, however often the upgrade is asked for, and is prepared once', async () => {
    await started('upgrade-hold');
    for (let time = 0; time < 5; time += 1) await world.upgrade(two);
    await held();
    for (let time = 0; time < 5; time += 1) await world.upgrade(two);
    await world.stopAgents();
    await world.agent();
    await held();
    assert.equal(await asked(), 1);
  });

  for (const point of [
    'upgrade-pending.start.before',
    'upgrade-pending.start.after',
    'upgrade-pending.answer.before',
    'upgrade-pending.answer.after',
  ])
    it(`comes to the same end where its agent is killed at ${point}`, async () => {
      await started('upgrade-hold --for 2d --reason audit');
      await world.stopAgents();
      const doomed = await world.agentProcess('m0', {
        variables: { ENSEMBLE_FAULTS: `${point}=kill`, ENSEMBLE_ALLOW_FAULTS: world.path('faults') },
      });
      await world.upgrade(two);
      await doomed.ended();
      await world.agent();
      assert.equal((await held()).reason, 'f/0 holds its own upgrade: audit');
      assert.equal(await asked(), 1);
    });
});

/** The system's clock, whose wall clock is ahead of it. */
function clockOf(ahead: () => number): typeof systemClock {
  return {
    now: () => systemClock.now() + ahead(),
    monotonic: () => systemClock.monotonic(),
    after: (ms, callback) => systemClock.after(ms, callback),
  };
}
