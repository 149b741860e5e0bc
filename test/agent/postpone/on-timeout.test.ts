import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { systemClock } from '../../../state/platform/clock.js';
import { eventually } from '../../eventually.js';
import { ensemble } from '../operator.js';
import { World } from '../world.js';

const one = 'world:f-1';
const two = 'world:f-2';
const DAY = 86_400_000;

describe('an upgrade that was postponed for as long as its formula allows', function () {
  this.timeout(120_000);
  let world: World;
  let job: ChildProcess | undefined;
  /** Milliseconds by which the agent's wall clock is ahead. */
  let ahead = 0;
  beforeEach(async () => {
    world = await World.open();
    ahead = 0;
  });
  afterEach(async () => {
    job?.kill('SIGKILL');
    await world.close();
  });

  const clock: typeof systemClock = {
    now: () => systemClock.now() + ahead,
    monotonic: () => systemClock.monotonic(),
    after: (ms, callback) => systemClock.after(ms, callback),
  };

  /** The unit has a lease, and an upgrade waits for it. */
  async function postponed(upgrade: string): Promise<void> {
    const metadata = `name: f\nrevision: 1\nsummary: s\nupgrade: ${upgrade}\n`;
    await world.publish(1, { files: { 'metadata.yaml': metadata } });
    await world.agent({ clock });
    await world.deploy(one);
    await world.untilOn(one);
    await world.publish(2);
    job = spawn('/bin/sh', ['-c', 'exec busy-run --name backup -- cat'], {
      env: { PATH: `${world.path('machines', 'm0', 'tools')}:/usr/bin:/bin`, ENSEMBLE_UNIT_NAME: 'f/0' },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await eventually(() => assert.ok(existsSync(world.unitPath('f/0', 'busy'))));
    await world.upgrade(two);
    await waits();
  }

  const waits = () =>
    eventually(async () => {
      const { unit, status } = await world.unit();
      assert.equal(unit.formula, one);
      assert.equal(status.upgrade?.blockers?.[0]?.kind, 'busy');
      assert.ok(status.upgrade.postponed);
      return { ends: status.upgrade.blockers[0].ends ?? '', ...status.upgrade.postponed };
    });

  for (const [days, upgrade] of [
    [14, '{on-timeout: force}'],
    [3, '{max-postpone: 3d, on-timeout: force}'],
  ] as const)
    it(`goes ahead after ${days} days, on record, by ${upgrade}`, async () => {
      await postponed(upgrade);
      ahead = days * DAY - 60_000;
      await world.stopAgents();
      await world.agent({ clock });
      const { since, until } = await waits();
      assert.equal(Date.parse(until) - Date.parse(since), days * DAY);
      ahead = days * DAY;
      await world.untilOn(two);
      const { stdout } = await ensemble(world, 'history', '--format', 'json', 'f/0');
      const done = JSON.parse(stdout).find(({ what }: { what: string }) => what === 'upgrade');
      assert.equal(done?.message, `although busy: backup, process ${job?.pid}`);
    });

  it('asks an operator after 14 days, and goes on when the work ends', async () => {
    await postponed('{}');
    assert.match((await waits()).ends, /^it goes on by itself when that ends/);
    ahead = 14 * DAY;
    await eventually(async () =>
      assert.match(
        (await waits()).ends,
        /^it was postponed for as long as its formula allows: wait on, or now: ensemble upgrade-formula --revision 2 --force/,
      ),
    );
    job?.stdin?.end();
    await world.untilOn(two);
  });

  it('waits on by on-timeout: hold, whatever time it is', async () => {
    await postponed('{on-timeout: hold}');
    const { since } = await waits();
    ahead = 300 * DAY;
    await world.stopAgents();
    await world.agent({ clock });
    const now = await waits();
    assert.deepEqual([now.since, /^it goes on by itself when that ends/.test(now.ends)], [since, true]);
    job?.stdin?.end();
    await world.untilOn(two);
  });
});
