import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { revertUnit } from '../../../control/upgrade/revert.js';
import { embedded, zookeeper } from '../../e2e/engines.js';
import { eventually } from '../../eventually.js';
import { ensemble } from '../operator.js';
import { requester, World } from '../world.js';

const one = 'world:f-1';
const two = 'world:f-2';

/** Jobs of the formula's own, as cron starts them: they know the unit's name, and where the tools are. */
class Jobs {
  readonly #running: ChildProcess[] = [];
  constructor(readonly world: World) {}

  start(line: string): ChildProcess {
    const child = spawn('/bin/sh', ['-c', line], {
      env: { PATH: `${this.world.path('machines', 'm0', 'tools')}:/usr/bin:/bin`, ENSEMBLE_UNIT_NAME: 'f/0' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#running.push(child);
    return child;
  }

  end(): void {
    for (const child of this.#running.splice(0)) child.kill('SIGKILL');
  }
}

const metadata = (upgrade: string) => ({
  files: { 'metadata.yaml': `name: f\nrevision: 1\nsummary: s\nupgrade: ${upgrade}\n` },
});

for (const engines of [embedded, zookeeper()])
  describe(`an upgrade of a unit that is busy, on ${engines.name}`, function () {
    this.timeout(120_000);
    before(() => engines.start());
    after(() => engines.stop());
    let world: World;
    let jobs: Jobs;
    beforeEach(async () => {
      world = await World.open(engines.environment());
      jobs = new Jobs(world);
    });
    afterEach(async () => {
      jobs.end();
      await world.close();
    });

    const busy = () => existsSync(world.unitPath('f/0', 'busy'));
    const inhibited = () => existsSync(world.unitPath('f/0', 'inhibit'));

    async function started(options: Parameters<World['publish']>[1] = {}): Promise<void> {
      await world.publish(1, options);
      await world.agent();
      await world.deploy(one);
      await world.untilOn(one);
      await world.publish(2);
    }

    /** A job that is at it until its line comes. */
    async function backup(
      line = 'exec busy-run --name backup --reason nightly -- cat',
    ): Promise<ChildProcess> {
      const job = jobs.start(line);
      await eventually(() => assert.ok(busy()));
      return job;
    }

    const waits = () =>
      eventually(async () => {
        const { unit, status } = await world.unit();
        assert.equal(unit.formula, one);
        assert.equal(status.upgrade?.step, 'waiting');
        const [blocker] = status.upgrade.blockers ?? [];
        assert.equal(blocker?.kind, 'busy');
        assert.ok(status.upgrade.postponed);
        return { blocker, postponed: status.upgrade.postponed };
      });

    it('is prepared, waits, says for whom, and goes on the moment that its process ends', async () => {
      await started();
      const job = await backup();
      await world.upgrade(two);
      const { blocker, postponed } = await waits();
      assert.deepEqual(
        [blocker.who, blocker.reason],
        [`lease backup, process ${job.pid}`, `f/0 is busy: backup, process ${job.pid} (nightly)`],
      );
      assert.match(
        blocker.ends ?? '',
        /at once: ensemble upgrade-formula --revision 2 --force --unit f\/0 f$/,
      );
      assert.equal(Date.parse(postponed.until) - Date.parse(postponed.since), 14 * 86_400_000);
      assert.equal(inhibited(), false, 'new work is allowed');
      const { stdout } = await ensemble(world, 'status', '--format', 'json');
      const shown = JSON.parse(stdout).services.f.units['f/0'].upgrade;
      assert.deepEqual([shown.postponed, shown.blockers[0].kind], [{ ...postponed }, 'busy']);
      assert.match(
        (await ensemble(world, 'status')).stdout,
        /f\/0: its upgrade to world:f-2 waits since .*\n {4}f\/0 is busy: backup, process \d+ \(nightly\)\n {4}next: it goes on by itself when that ends; at once: ensemble upgrade-formula --revision 2 --force --unit f\/0 f\n/,
      );
      const ended = Date.now();
      job.stdin?.end();
      await world.untilOn(two);
      assert.ok(Date.now() - ended < 5_000);
      assert.equal(inhibited(), false);
      assert.equal((await world.unit()).status.upgrade, undefined);
    });

    it('goes on when a lease is ended, and not while another one stands', async () => {
      await started();
      const first = await backup('busy-begin first; read line; busy-end first; read line');
      const second = await backup('busy-begin second; read line; busy-end second; read line');
      await world.upgrade(two);
      await waits();
      first.stdin?.write('go on\n');
      await eventually(async () => {
        const { upgrade } = (await world.unit()).status;
        assert.deepEqual(
          upgrade?.blockers?.map(({ who = '' }) => who),
          [`lease second, process ${second.pid}`],
        );
      });
      second.stdin?.write('go on\n');
      await world.untilOn(two);
    });

    it('goes on where the unit became idle while its agent was down', async () => {
      await started();
      const job = await backup();
      await world.upgrade(two);
      const { postponed } = await waits();
      await world.stopAgents();
      await world.agent();
      assert.deepEqual((await waits()).postponed, postponed, 'since when it waits is not forgotten');
      await world.stopAgents();
      job.kill('SIGKILL');
      await world.agent();
      await world.untilOn(two);
    });

    it('says until when it waited, so that its time begins then', async () => {
      await started({ hooks: { 'busy-check': 'gate checked' } });
      const job = await backup();
      await world.upgrade(two);
      const { postponed } = await waits();
      job.stdin?.end();
      await eventually(async () => {
        const { upgrade } = (await world.unit()).status;
        assert.equal(upgrade?.postponed, undefined);
        assert.ok(Date.parse(upgrade?.waitedUntil ?? '') >= Date.parse(postponed.since));
      });
      await world.openGate('checked');
      await world.untilOn(two);
    });

    it('goes ahead by force, on record', async () => {
      await started();
      const job = await backup();
      await world.upgrade(two);
      await waits();
      assert.equal((await ensemble(world, 'upgrade-formula', '--force', '--unit', 'f/0', 'f')).code, 0);
      await world.untilOn(two);
      const { stdout } = await ensemble(world, 'history', '--format', 'json', 'f/0');
      const done = JSON.parse(stdout).find(
        ({ what, outcome }: { what: string; outcome: string }) => what === 'upgrade' && outcome === 'done',
      );
      assert.equal(done?.message, `although busy: backup, process ${job.pid}`);
    });

    it('waits on the way back too, unless by force', async () => {
      await started();
      await world.upgrade(two);
      await world.untilOn(two);
      await backup();
      await revertUnit(world.coordinator, 'f/0', requester);
      await eventually(async () => {
        const { status, unit } = await world.unit();
        assert.deepEqual([unit.formula, status.upgrade?.blockers?.[0]?.kind], [two, 'busy']);
      });
      await revertUnit(world.coordinator, 'f/0', requester, undefined, true);
      await world.untilOn(one);
    });

    it('is not postponed where its formula says so', async () => {
      await started(metadata('{busy: ignore}'));
      await backup();
      await world.upgrade(two);
      await world.untilOn(two);
    });

    it('is forced when its time is over, where its formula says so', async () => {
      await started(metadata('{max-postpone: 1s, on-timeout: force}'));
      await backup();
      await world.upgrade(two);
      await world.untilOn(two);
    });

    it('asks an operator when its time is over, where its formula says nothing', async () => {
      await started(metadata('{max-postpone: 1s}'));
      await backup();
      await world.upgrade(two);
      await eventually(async () => {
        const { upgrade } = (await world.unit()).status;
        assert.match(
          upgrade?.blockers?.[0]?.ends ?? '',
          /^it was postponed for as long as its formula allows/,
        );
      });
      assert.equal((await world.unit()).unit.formula, one);
    });

    it('keeps new work waiting where its formula says so, and lets it go on when it is through', async () => {
      await started(metadata('{new-work: block}'));
      const job = await backup();
      await world.upgrade(two);
      await waits();
      await eventually(() => assert.ok(inhibited()));
      const later = jobs.start('exec busy-run --name later -- sh -c "readlink ../f-0/formula >$0; cat" seen');
      job.stdin?.end();
      await world.untilOn(two);
      assert.equal(inhibited(), false);
      later.stdin?.end();
    });

    it('lets new work go on where it is called off', async () => {
      await started(metadata('{new-work: block}'));
      await backup();
      await world.upgrade(two);
      await waits();
      await eventually(() => assert.ok(inhibited()));
      await world.coordinator.remove('/units/f-0/upgrade');
      await eventually(() => assert.equal(inhibited(), false));
      await eventually(async () => assert.equal((await world.unit()).status.upgrade, undefined));
    });
  });

describe('an agent that is killed while a formula is exchanged', function () {
  this.timeout(120_000);
  let world: World;
  let jobs: Jobs;
  beforeEach(async () => {
    world = await World.open();
    jobs = new Jobs(world);
  });
  afterEach(async () => {
    jobs.end();
    await world.close();
  });

  const inhibited = () => existsSync(world.unitPath('f/0', 'inhibit'));

  for (const point of [
    'pausing.inhibit.before',
    'pausing.inhibit.after',
    'swapping.journal.before',
    'swapping.journal.after',
    'swapping.link.before',
    'swapping.link.after',
    'hook.journal.before',
    'hook.journal.after',
    'upgrade-formula.start.before',
  ])
    it(`at ${point}: the next one comes to the same end, and leaves no new work waiting`, async () => {
      await world.publish(1);
      const agent = await world.agent();
      await world.deploy(one);
      await world.untilOn(one);
      await world.publish(2);
      jobs.start('busy-begin backup; busy-end backup');
      await eventually(() => assert.ok(existsSync(world.unitPath('f/0', 'busy'))));
      await agent.stop();
      const doomed = await world.agentProcess('m0', {
        variables: { ENSEMBLE_FAULTS: `${point}=kill`, ENSEMBLE_ALLOW_FAULTS: world.path('faults') },
      });
      await world.upgrade(two);
      await doomed.ended();
      const isExchanging = /^(pausing.inhibit.after|swapping)/.test(point);
      assert.equal(inhibited(), isExchanging, 'the mark stands while it is exchanged, and only then');
      const job = jobs.start('exec busy-run --name later -- cat');
      // Nothing keeps it waiting yet, so that the upgrade waits for it.
      if (point === 'pausing.inhibit.before') job.stdin?.end();
      await world.agentProcess();
      await world.untilOn(two);
      assert.equal(inhibited(), false);
      assert.deepEqual(
        (await world.trace()).filter((line) => line.startsWith('upgrade-formula')),
        ['upgrade-formula 2'],
      );
      job.stdin?.end();
      await eventually(() => assert.equal(job.exitCode, 0));
    });
});
