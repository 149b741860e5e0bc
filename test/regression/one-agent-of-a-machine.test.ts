import assert from 'node:assert/strict';
import { cp, readFile, rename, rm } from 'node:fs/promises';
import { findProcess } from '../../state/platform/process-stat.js';
import { readEntity } from '../../state/model/entity.js';
import { readMachines } from '../../state/model/machines.js';
import { paths } from '../../state/model/paths.js';
import { machineSchema } from '../../state/model/machine-schemas.js';
import { copyDataDirectory } from '../agent/copy-data-directory.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';

const LIVED = ['install 1', 'config-changed 1', 'start 1'];
/** Milliseconds; a presence whose agent lives is not gone after it. */
const patience = 200;

describe('a machine has one agent', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const owner = async () =>
    (await readEntity(world.coordinator, paths.machine('m0'), machineSchema))?.value.owner;
  /** What a session leaves that is over. */
  const expire = (): Promise<void> => world.coordinator.remove(paths.agent('m0'));

  it('another data directory is refused while there are units: it would install them anew, on empty data', async () => {
    const agent = await world.agent();
    await world.deploy(await world.publish(1));
    await world.until('started');
    await agent.stop();
    await expire();
    const known = world.path('machines', 'm0');
    await assert.rejects(world.agent({ dataDirectory: world.path('other') }), (error: Error) => {
      assert.equal(Reflect.get(error, 'code'), 'machine-owned');
      assert.match(error.message, new RegExp(`machine m0 belongs to the agent in ${known} .*a unit: f/0`));
      assert.match(Reflect.get(error, 'next'), new RegExp(`--machine m0 --data-dir ${known};.*--take-over`));
      return true;
    });
    assert.deepEqual(await world.trace(), LIVED);
    await world.agent();
    assert.deepEqual(await world.trace(), LIVED, 'the known one goes on');
  });

  it('one that hosts nothing is given to another that comes, without a word', async () => {
    await (await world.agent()).stop();
    await expire();
    await world.agent({ dataDirectory: world.path('other') });
    assert.equal((await owner())?.dataDirectory, world.path('other'));
  });

  it('taken over from an agent that is up, that one ends its hook, writes nothing more, and says so', async () => {
    const one = await world.publish(1, {
      hooks: { install: 'echo $$ >>"$TRACE/pids"; gate install' },
    });
    const first = await world.agent({ hookKillDelay: 2_000 });
    await world.deploy(one);
    const pid = Number(await eventually(() => world.text('pids')));
    const before = await readFile(world.path('machines', 'm0', 'agent-id'), 'utf8');
    await world.agent({ dataDirectory: world.path('other'), takeOver: true });
    const error = await first.lost;
    assert.equal(error.code, 'machine-taken-over');
    assert.equal(findProcess(pid), undefined, 'its hook has ended');
    assert.equal((await owner())?.dataDirectory, world.path('other'));
    assert.equal(await readFile(world.path('machines', 'm0', 'agent-id'), 'utf8'), before);
    await world.openGate('install');
    await world.until('started');
    assert.deepEqual(await world.trace(), ['install 1', ...LIVED], 'the new one began anew');
    await assert.rejects(world.agent({ patience }), { code: 'machine-taken' });
  });

  it('an agent that was stopped while its machine was taken runs nothing when it goes on', async () => {
    const first = await world.agentProcess();
    const one = await world.publish(1);
    await first.suspend();
    await expire();
    await world.agent({ dataDirectory: world.path('other'), takeOver: true });
    await world.deploy(one);
    await world.until('started');
    process.kill(first.pid, 'SIGCONT');
    assert.equal(await first.ended(), 1);
    assert.match(
      first.stderr(),
      /machine m0 was taken over by the agent in .*other.*\n {2}try: .*--take-over/,
    );
    assert.deepEqual(await world.trace(), LIVED);
    assert.equal((await readMachines(world.coordinator))[0]?.agent?.pid, process.pid);
  });

  it('a hook that an agent left running is ended when it comes back and the machine is another’s', async () => {
    const one = await world.publish(1, { hooks: { install: 'echo $$ >>"$TRACE/pids"; gate install' } });
    const first = await world.agent();
    await world.deploy(one);
    const pid = Number(await eventually(() => world.text('pids')));
    await first.stop();
    await expire();
    await (await world.agent({ dataDirectory: world.path('other'), takeOver: true })).stop();
    await expire();
    assert.ok(findProcess(pid), 'nobody was there to end it');
    await assert.rejects(world.agent({ hookKillDelay: 2_000 }), { code: 'machine-owned' });
    assert.equal(findProcess(pid), undefined);
  });

  it('a copy of the data directory of an agent that is up is refused, and does not disturb that one', async () => {
    const agent = await world.agent();
    await world.deploy(await world.publish(1));
    await world.until('started');
    await copyDataDirectory(world.path('machines', 'm0'), world.path('copy'));
    // Whose directory it is can be told with the claim that was copied, and without.
    for (const hasClaim of [true, false]) {
      if (!hasClaim) await rm(world.path('copy', 'agent.pid'), { force: true });
      await assert.rejects(world.agent({ dataDirectory: world.path('copy'), patience }), (error: Error) => {
        assert.equal(Reflect.get(error, 'code'), 'machine-taken');
        const where = `process ${process.pid} on \\S+, in \\S+machines/m0; \\S+copy is a copy of its directory`;
        assert.match(error.message, new RegExp(where));
        assert.match(
          Reflect.get(error, 'next'),
          /for a machine of its own choose an empty --data-dir and another --machine; .*--take-over/,
        );
        return true;
      });
    }
    assert.ok(!world.log.some(({ message }) => /the coordinator (is away|ended)/.test(message)));
    const two = await world.publish(2);
    await world.upgrade(two);
    await world.untilOn(two);
    await agent.stop();
  });

  it('of copies whose agents are down the one that ran last goes on, the other by an operator’s word', async () => {
    await (await world.agent()).stop();
    await cp(world.path('machines', 'm0'), world.path('copy'), { recursive: true });
    await expire();
    await (await world.agent({ dataDirectory: world.path('copy') })).stop();
    await expire();
    await assert.rejects(world.agent(), (error: Error) => {
      assert.equal(Reflect.get(error, 'code'), 'machine-owned');
      assert.match(error.message, /last run from .*copy on .*m0 is an older copy/);
      return true;
    });
    const back = await world.agent({ takeOver: true });
    await back.stop();
    await world.agent();
  });

  it('a copy that was made while the agent worked does not go on in its place once that is stopped', async () => {
    const agent = await world.agent();
    await world.deploy(await world.publish(1));
    await world.until('started');
    await copyDataDirectory(world.path('machines', 'm0'), world.path('copy'), ['agent.pid']);
    const two = await world.publish(2);
    await world.upgrade(two);
    await world.untilOn(two);
    await agent.stop();
    await expire();
    await assert.rejects(world.agent({ dataDirectory: world.path('copy') }), (error: Error) => {
      assert.equal(Reflect.get(error, 'code'), 'machine-owned');
      assert.match(error.message, /last run from .*machines\/m0 on .*copy is an older copy/);
      return true;
    });
    await world.agent();
    assert.deepEqual(await world.trace(), [...LIVED, 'upgrade-formula 2', 'config-changed 2']);
  });

  it('an original whose clone took its machine over, on the same path, is not called the older copy', async () => {
    const [home, kept, clone] = [world.path('machines', 'm0'), world.path('kept'), world.path('clone')];
    const first = await world.agentProcess();
    await world.deploy(await world.publish(1));
    await world.until('started');
    await copyDataDirectory(home, clone);
    await first.kill();
    await expire();
    await rename(home, kept);
    await rename(clone, home);
    for (const takeOver of [true, true, false]) {
      await (await world.agent({ takeOver })).stop();
      await expire();
    }
    await rename(home, clone);
    await rename(kept, home);
    await assert.rejects(world.agent(), (error: Error) => {
      assert.equal(Reflect.get(error, 'code'), 'machine-owned');
      assert.match(
        error.message,
        /was taken over by .*; \S+machines\/m0 has its units as they were until then/,
      );
      return true;
    });
  });

  it('a data directory that was moved goes on at once, also after a kill', async () => {
    await (await world.agentProcess()).kill();
    await rename(world.path('machines', 'm0'), world.path('moved'));
    await world.agent({ dataDirectory: world.path('moved'), patience });
    assert.equal((await owner())?.dataDirectory, world.path('moved'));
  });

  it('a data directory that holds units is no other machine’s, and one that holds none may become it', async () => {
    const agent = await world.agent();
    await agent.stop();
    await expire();
    const moved = await world.agent({ machine: 'm1', dataDirectory: world.path('machines', 'm0') });
    await world.deploy(await world.publish(1), 1, 'f', 'm1');
    await world.until('started');
    await moved.stop();
    const error = await world
      .agent({ machine: 'm2', dataDirectory: world.path('machines', 'm0') })
      .catch((thrown: unknown) => thrown);
    assert.deepEqual(
      ['code', 'known', 'machine'].map((field) => Reflect.get(Object(error), field)),
      ['directory-of-other-machine', 'm1', 'm2'],
    );
    await world.agent({ machine: 'm1', dataDirectory: world.path('machines', 'm0') });
    const machines = await readMachines(world.coordinator);
    assert.deepEqual(
      machines.map(({ name, agent: up }) => [name, up !== undefined]),
      [
        ['m0', false],
        ['m1', true],
      ],
    );
  });
});
