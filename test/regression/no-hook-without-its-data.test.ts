import assert from 'node:assert/strict';
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { LOOK_FOR_DIRECTORIES } from '../../agent/hosting/watch-directories.js';
import { type Clock, systemClock } from '../../state/platform/clock.js';
import { paths } from '../../state/model/paths.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { requestResolved } from '../../control/unit/resolve.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { ensemble } from '../agent/operator.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { tracingFormula } from '../faults/formulas.js';

/** An empty directory in the place of a disk that is not mounted looks like a unit that has lost all of its data. */
describe('a hook of a unit whose directory is missing', () => {
  let world: World;
  let one: string;
  beforeEach(async () => {
    world = await World.open();
    one = await world.publish(1, { config: 'options:\n  title: {type: string, default: x}\n' });
  });
  afterEach(() => world.close());

  const units = (): string => world.path('machines', 'm0', 'units');
  const isSaid = (): Promise<void> =>
    eventually(async () => {
      const { status } = await world.unit();
      assert.match(status.message, /the directory of f\/0 is missing, .*\/units\/f-0;.* mount or restore it/);
      assert.equal(status.next, 'ensemble resolved --retry f/0');
    }, 60_000);
  const runs = async (): Promise<readonly string[]> =>
    (await world.trace()).filter((line) => line.startsWith('config-changed'));

  it('waits, says so, makes no directory, and goes on when it is back', async () => {
    const before = await world.agent();
    await world.deploy(one);
    await world.untilOn(one);
    writeFileSync(world.unitPath('f/0', 'data', 'kept'), 'it');
    await before.stop();
    renameSync(units(), `${units()}.x`);
    await world.agent();
    // Before anything is asked of it.
    await isSaid();
    await setConfigValues(world.coordinator, 'f', { title: 'y' });
    assert.equal((await runs()).length, 1, 'no hook ran');
    assert.deepEqual(readdirSync(units()), []);
    rmSync(units(), { recursive: true });
    renameSync(`${units()}.x`, units());
    await eventually(async () => assert.equal((await runs()).length, 2), 60_000);
    await world.untilOn(one);
    await eventually(async () => assert.equal((await world.unit()).status.next, undefined));
    assert.ok(existsSync(world.unitPath('f/0', 'data', 'kept')));
  });

  it('waits too where all of the agent was moved away under it, and leaves nothing in its place', async () => {
    await world.agent();
    await world.deploy(one);
    await world.untilOn(one);
    const machine = world.path('machines', 'm0');
    renameSync(machine, `${machine}.x`);
    await setConfigValues(world.coordinator, 'f', { title: 'y' });
    await isSaid();
    assert.equal((await runs()).length, 1, 'no hook ran');
    assert.ok(!existsSync(units()));
    const { code, stdout } = await ensemble(world, 'run', 'f/0', 'true');
    assert.notEqual(code, 0, stdout);
    assert.ok(!existsSync(units()));
    rmSync(machine, { recursive: true, force: true });
    renameSync(`${machine}.x`, machine);
    await eventually(async () => assert.equal((await runs()).length, 2), 60_000);
    await world.untilOn(one);
  });

  it('keeps a unit that is to go where it is, until an operator gives its data up', async () => {
    await world.agent();
    await world.deploy(one);
    await world.untilOn(one);
    renameSync(world.unitPath('f/0'), world.path('elsewhere'));
    await requestRemoval(world.coordinator, ['f/0'], requester);
    await isSaid();
    assert.ok(!(await world.trace()).includes('stop 1'));
    await requestResolved(world.coordinator, 'f/0', true, requester);
    await eventually(async () => assert.equal((await world.trace()).at(-1), 'stop 1'), 60_000);
    await eventually(async () => assert.deepEqual(readdirSync(units()), []), 60_000);
    assert.ok(existsSync(world.path('elsewhere', 'data')));
  });

  it('waits too where only the data went, also over a restart, until an operator has it begin anew', async () => {
    const before = await world.agent();
    await world.deploy(one);
    await world.untilOn(one);
    rmSync(world.unitPath('f/0', 'data'), { recursive: true });
    await setConfigValues(world.coordinator, 'f', { title: 'y' });
    await isSaid();
    await before.stop();
    await world.agent();
    await isSaid();
    assert.ok(!existsSync(world.unitPath('f/0', 'data')));
    const ran = (await world.trace()).length;
    await requestResolved(world.coordinator, 'f/0', true, requester);
    await eventually(async () =>
      assert.deepEqual((await world.trace()).slice(ran), ['install 1', 'config-changed 1']),
    );
    await world.untilOn(one);
    assert.ok(existsSync(world.unitPath('f/0', 'data')));
  });

  /** A machine's looks, without the half minute between them. */
  const soon: Clock = {
    ...systemClock,
    after: (ms, callback) => systemClock.after(ms === LOOK_FOR_DIRECTORIES ? 50 : ms, callback),
  };

  it('is noticed by a unit that rests, and resolved takes the hook as done without it', async () => {
    await world.agent({ clock: soon });
    await world.deploy(one);
    await world.untilOn(one);
    renameSync(world.unitPath('f/0'), world.path('elsewhere'));
    // Nothing is asked of it.
    await isSaid();
    const { code } = await ensemble(world, 'resolved', 'f/0');
    assert.equal(code, 0);
    await eventually(async () => {
      const { status } = await world.unit();
      assert.equal(status.state, 'started');
      assert.equal(status.next, undefined);
    });
    assert.equal((await runs()).length, 1, 'no hook ran');
    assert.ok(!existsSync(world.unitPath('f/0')), 'nothing is made in its place');
    // The next hook waits again, and runs once the directory is back.
    await setConfigValues(world.coordinator, 'f', { title: 'y' });
    await isSaid();
    renameSync(world.path('elsewhere'), world.unitPath('f/0'));
    await eventually(async () => assert.equal((await runs()).length, 2));
  });

  it('lets go of each hook by resolved: a relation’s, and stop', async () => {
    const formula = await world.publish(2, tracingFormula(world, 2));
    await world.agent();
    for (const service of ['a', 'b']) {
      await world.deploy(formula, 1, service);
      await world.untilOn(formula, `${service}/0`);
    }
    const before = (await world.trace('a/0')).length;
    renameSync(world.unitPath('a/0'), world.path('elsewhere'));
    const missing = (hook: string): Promise<void> =>
      eventually(async () => {
        const { status } = await world.unit('a/0');
        assert.equal(status.waiting?.hook, hook);
      });
    assert.equal((await ensemble(world, 'add-relation', 'a:db', 'b:site')).code, 0);
    for (const hook of ['joined', 'changed']) {
      await missing(`db-relation-${hook}`);
      await requestResolved(world.coordinator, 'a/0', false, requester);
    }
    await eventually(async () => assert.equal((await world.unit('a/0')).status.waiting, undefined));
    await requestRemoval(world.coordinator, ['a/0'], requester);
    for (const hook of ['db-relation-departed', 'db-relation-broken', 'stop']) {
      await missing(hook);
      await requestResolved(world.coordinator, 'a/0', false, requester);
    }
    await eventually(async () => assert.ok(!(await world.coordinator.get(paths.unit('a/0')))));
    assert.ok(existsSync(world.path('elsewhere', 'data')));
    assert.equal((await world.trace('a/0')).length, before, 'no hook ran');
  });
});
