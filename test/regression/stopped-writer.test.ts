import assert from 'node:assert/strict';
import { type CoordinatorUnreachable, StateLocked } from '../../state/coordination/errors.js';
import { World } from '../agent/world.js';
import { eventuallyTrue } from '../eventually.js';
import { ManualClock } from '../manual-clock.js';
import { act, endActors } from '../state/coordination/embedded/acting.js';
import { StoreDirectory } from '../state/coordination/embedded/directory.js';

describe('a process that is stopped while it writes the embedded state', () => {
  let directory: StoreDirectory;
  beforeEach(async () => {
    directory = await StoreDirectory.make();
  });
  afterEach(async () => {
    await endActors();
    await directory.remove();
  });

  const stopOne = async (): Promise<ReturnType<typeof act>> => {
    const locker = act('lock', directory.url);
    await locker.said('locked');
    return locker;
  };

  it('keeps nobody from opening it and from reading, also where sessions ran out', async () => {
    const before = await directory.open({ sessionTimeout: 50 });
    await before.create('/here', 'x');
    await before.create('/gone', '', { ephemeral: true });
    await before.close({ keepSession: true });
    await stopOne();
    const begun = performance.now();
    const reader = await directory.open();
    await eventuallyTrue('it is over', async () => (await reader.get('/gone')) === undefined);
    assert.deepEqual(await reader.children('/'), ['here']);
    assert.equal((await reader.get('/here'))?.value, 'x');
    const seen: (readonly string[] | undefined)[] = [];
    reader.observeChildren('/', (names) => seen.push(names));
    await eventuallyTrue('an observer is told', () => seen.length === 1);
    assert.deepEqual(seen, [['here']]);
    await reader.close();
    assert.ok(performance.now() - begun < 5_000, 'without waiting for the lock');
  });

  it('is named, with the command that lets it go on, to whoever waits for it, and again when it did', async () => {
    const clock = new ManualClock();
    const told: (CoordinatorUnreachable | undefined)[] = [];
    const agent = await directory.open({
      clock,
      requestTimeout: Number.POSITIVE_INFINITY,
      blocked: (by) => told.push(by),
    });
    const locker = await stopOne();
    const written = agent.create('/a', 'x');
    await eventuallyTrue('it is told', () => {
      clock.advance(100);
      return told.length === 1;
    });
    const [by] = told;
    assert.ok(by instanceof StateLocked);
    assert.deepEqual(by.holder, { pid: locker.pid, command: 'actor', stopped: true });
    assert.match(String(by.next), new RegExp(`kill -CONT ${locker.pid}`));
    locker.kill('SIGCONT');
    await locker.ended;
    await eventuallyTrue('it goes on', () => {
      clock.advance(100);
      return told.length === 2;
    });
    assert.equal(told[1], undefined);
    await written;
    assert.equal((await agent.get('/a'))?.value, 'x');
  });

  it('keeps no agent from ending, which says whom it waits for', async () => {
    const world = await World.open();
    try {
      const one = await world.publish(1, { hooks: { start: 'gate start' } });
      const agent = await world.agentProcess();
      await world.deploy(one);
      await eventuallyTrue('start runs', async () => (await world.trace()).includes('start 1'));
      const locker = act('lock', world.state);
      await locker.said('locked');
      await world.openGate('start');
      await agent.logged(`process ${locker.pid} (actor), which is stopped, has kept it locked`);
      assert.equal(await agent.kill('SIGTERM'), 0);
      locker.kill('SIGCONT');
      await world.agentProcess();
      await world.untilOn(one);
      assert.deepEqual(
        await world.trace(),
        ['install 1', 'config-changed 1', 'start 1'],
        'nothing ran twice',
      );
    } finally {
      await world.close();
    }
  });
});
