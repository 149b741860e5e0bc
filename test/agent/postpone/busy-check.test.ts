import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { BusyCheck, type CheckAnswer, type CheckStanding } from '../../../agent/postpone/busy-check.js';
import { systemClock } from '../../../state/platform/clock.js';
import { eventually } from '../../eventually.js';
import { ManualClock } from '../../manual-clock.js';
import { ensemble } from '../operator.js';
import { World } from '../world.js';

const one = 'world:f-1';
const two = 'world:f-2';

const idle: CheckAnswer = { kind: 'idle' };
const busy: CheckAnswer = { kind: 'busy' };
const failed: CheckAnswer = { kind: 'failed', failure: 'exit status 1' };

describe('what the hook busy-check says', () => {
  const rows: readonly (readonly [string, readonly CheckAnswer[], CheckStanding['kind'] | undefined])[] = [
    ['nothing before it was asked', [], undefined],
    ['idle', [idle], undefined],
    ['busy', [busy], 'busy'],
    ['busy, and then idle', [busy, idle], undefined],
    ['nothing sure after an error', [failed], 'unsure'],
    ['nothing sure after two errors', [failed, failed], 'unsure'],
    ['idle after three errors in a row', [failed, failed, failed], 'given-up'],
    ['idle as long as the errors go on', [failed, failed, failed, failed], 'given-up'],
    ['errors that are not in a row do not add up', [failed, failed, busy, failed, failed], 'unsure'],
    ['errors before an answer do not count', [failed, failed, idle, failed], 'unsure'],
    ['busy after three errors is busy', [failed, failed, failed, busy], 'busy'],
  ];
  for (const [name, answers, expected] of rows)
    it(name, () => {
      const check = new BusyCheck(new ManualClock());
      for (const answer of answers) check.answered(answer, 10);
      assert.equal(check.standing()?.kind, expected);
    });

  it('is since the first time that it said so', () => {
    const clock = new ManualClock();
    const check = new BusyCheck(clock);
    const since = clock.now();
    for (const answer of [busy, busy, failed, busy]) {
      check.answered(answer, 10);
      clock.advance(1_000);
    }
    assert.deepEqual(check.standing(), { kind: 'busy', since });
  });

  const pauses: readonly (readonly [string, number, boolean, number])[] = [
    ['a second after a short check', 20, false, 1_000],
    ['later after a long one', 500, false, 5_000],
    ['a minute later at most', 30_000, false, 60_000],
    ['soon after something ended', 20, true, 250],
    ['soon after something ended, also after a long check', 30_000, true, 250],
  ];
  for (const [name, took, ended, expected] of pauses)
    it(`is asked anew ${name}`, () => {
      const clock = new ManualClock();
      const check = new BusyCheck(clock);
      assert.ok(check.dueAt() <= clock.monotonic());
      check.answered(busy, took);
      if (ended) check.somethingEnded();
      assert.equal(check.dueAt() - clock.monotonic(), expected);
    });

  it('says nothing of another upgrade', () => {
    const clock = new ManualClock();
    const check = new BusyCheck(clock);
    check.answered(busy, 20);
    check.forget();
    assert.equal(check.standing(), undefined);
    assert.ok(check.dueAt() <= clock.monotonic());
  });
});

describe('a formula that says if its unit is busy', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const state = () => world.path('trace', 'work');
  const says = (text: string) => writeFile(state(), text);
  const checks = async () => (await world.trace()).filter((line) => line === 'busy-check 1').length;

  async function started(body = '[ ! -e "$TRACE/work" ] || exit $(cat "$TRACE/work")', upgrade = '{}') {
    await world.publish(1, {
      hooks: { 'busy-check': body },
      files: { 'metadata.yaml': `name: f\nrevision: 1\nsummary: s\nupgrade: ${upgrade}\n` },
    });
    const agent = await world.agent();
    await world.deploy(one);
    await world.untilOn(one);
    await world.publish(2);
    return agent;
  }

  const waits = () =>
    eventually(async () => {
      const { unit, status } = await world.unit();
      assert.equal(unit.formula, one);
      const [blocker] = status.upgrade?.blockers ?? [];
      assert.equal(blocker?.kind, 'busy');
      return { blocker, upgrade: status.upgrade };
    });

  it('is asked before its upgrade only, and goes ahead where it says idle', async () => {
    await started();
    assert.equal(await checks(), 0);
    await world.upgrade(two);
    await world.untilOn(two);
    const runs = await world.trace();
    assert.deepEqual(runs.slice(-4), [
      'busy-check 1',
      'busy-check 1',
      'upgrade-formula 2',
      'config-changed 2',
    ]);
  });

  it('waits while it says busy, says so, and goes on when it says idle', async () => {
    await says('75');
    await started();
    await world.upgrade(two);
    const { blocker, upgrade } = await waits();
    assert.deepEqual(
      [blocker.who, blocker.reason],
      ['hook busy-check', 'f/0 is busy: its busy-check says so'],
    );
    assert.ok(upgrade?.postponed);
    assert.match((await ensemble(world, 'status')).stdout, /f\/0 is busy: its busy-check says so/);
    const before = await checks();
    await eventually(async () => assert.ok((await checks()) > before, 'it is asked again'));
    assert.equal(existsSync(world.unitPath('f/0', 'inhibit')), false, 'new work is allowed');
    await rm(state());
    await world.untilOn(two);
    assert.equal((await world.unit()).status.upgrade, undefined);
    const noisy = world.log.filter(
      ({ level, message }) => level !== 'debug' && /busy-check runs/.test(message),
    );
    assert.deepEqual(noisy, []);
  });

  it('is asked no more than once a second while nothing happens', async () => {
    await says('75');
    await started('date +%s%N >>"$TRACE/times"; [ ! -e "$TRACE/work" ] || exit $(cat "$TRACE/work")');
    await world.upgrade(two);
    await waits();
    const times = await eventually(async () => {
      const all = (await world.text('times'))
        .trim()
        .split('\n')
        .map((text) => Number(text) / 1e6);
      assert.ok(all.length >= 3);
      return all;
    });
    const [first = 0, second = 0, third = 0] = times;
    assert.ok(second - first >= 990 && third - second >= 990, `${times}`);
  });

  it('counts as idle after three errors in a row, and says so', async () => {
    await says('3');
    await started();
    await world.upgrade(two);
    await eventually(async () => {
      const { status } = await world.unit();
      assert.match(
        status.upgrade?.blockers?.[0]?.reason ?? '',
        /^whether f\/0 is busy is not known: .*busy-check.* 3 .*\(once; 3 times in a row count as idle\)$/s,
      );
    });
    await world.untilOn(two);
    assert.ok(
      world.log.some(
        ({ level, message }) => level === 'warning' && /^busy-check failed 3 times in a row/.test(message),
      ),
    );
    const { stdout } = await ensemble(world, 'history', '--format', 'json', 'f/0');
    const done = JSON.parse(stdout).find(({ what }: { what: string }) => what === 'upgrade');
    assert.equal(done?.message, 'although its busy-check failed 3 times in a row');
  });

  it('goes ahead by force', async () => {
    await says('75');
    await started();
    await world.upgrade(two);
    await waits();
    assert.equal((await ensemble(world, 'upgrade-formula', '--force', '--unit', 'f/0', 'f')).code, 0);
    await world.untilOn(two);
    assert.equal((await world.unit()).unit.formula, two);
  });

  it('is not asked where its formula ignores all of it', async () => {
    await says('75');
    await started(undefined, '{busy: ignore}');
    await world.upgrade(two);
    await world.untilOn(two);
    assert.equal(await checks(), 0);
  });

  for (const point of ['busy-check.start.after', 'busy-check.answer.before', 'busy-check.answer.after'])
    it(`comes to the same end where its agent is killed at ${point}`, async () => {
      await started();
      await world.stopAgents();
      const doomed = await world.agentProcess('m0', {
        variables: { ENSEMBLE_FAULTS: `${point}=kill`, ENSEMBLE_ALLOW_FAULTS: world.path('faults') },
      });
      await world.upgrade(two);
      await doomed.ended();
      await world.agent();
      await world.untilOn(two);
      assert.equal(existsSync(world.unitPath('f/0', 'inhibit')), false);
    });

  it('has its run adopted by the next agent, and asks anew', async () => {
    await started('gate check; [ ! -e "$TRACE/work" ] || exit $(cat "$TRACE/work")');
    await says('75');
    await world.upgrade(two);
    await eventually(async () => assert.equal(await checks(), 1));
    await world.stopAgents();
    await world.agent({ clock: systemClock });
    await world.openGate('check');
    await waits();
    await rm(state());
    await world.untilOn(two);
  });
});
