import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openJournal } from '../../agent/journal/journal.js';
import type { UnitRecord } from '../../agent/journal/record.js';
import { paths } from '../../state/model/paths.js';
import { World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { chooseSeed, seeded } from '../random.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';
import { Operator } from './operator.js';

const LIVED = ['install 1', 'config-changed 1', 'start 1'];

describe('a ZooKeeper server that goes away, comes back, or ends a session', function () {
  this.timeout(120_000);
  let server: ZookeeperServer;
  let environments = 0;
  let world: World;
  let operator: Operator;

  before(async () => {
    server = await startZookeeper();
  });
  after(() => server.stop());
  beforeEach(async () => {
    environments += 1;
    world = await World.open({
      state: `zookeeper://${server.address}/e${environments}`,
      secret: 'open sesame, please',
    });
    operator = new Operator(world.root);
  });
  afterEach(async () => {
    operator.close();
    await world.close();
  });

  async function journalled(): Promise<UnitRecord | undefined> {
    const journal = openJournal(world.path('machines', 'm0', 'journal'));
    const [record] = journal.load().units;
    await journal.close();
    return record;
  }

  async function started(): Promise<void> {
    const one = await world.publish(1);
    await world.agentProcess();
    await world.deploy(one);
    await world.untilOn(one);
  }

  it('in the middle of an upgrade hook: the hook finishes, and the commit follows when it is back', async () => {
    await started();
    const two = await world.publish(2, { hooks: { 'upgrade-formula': 'gate up; echo over >>"$trace"' } });
    await world.upgrade(two);
    await eventually(async () => assert.equal((await world.trace()).at(-1), 'upgrade-formula 2'));
    await server.kill();
    await world.openGate('up');
    await eventually(async () => assert.equal((await journalled())?.upgrade?.step, 'committing'));
    assert.equal((await world.trace()).at(-1), 'over');
    await server.start();
    await world.untilOn(two);
    assert.deepEqual(await world.trace(), [...LIVED, 'upgrade-formula 2', 'over', 'config-changed 2']);
  });

  it('again and again during an upgrade that an operator follows: all is done once', async () => {
    await world.writeFormula(1);
    const agent = await world.agentProcess();
    await operator.does('deploy', `--repository=${world.path('world')}`, '-n', '5', 'f');
    await world.writeFormula(2, { hooks: { 'upgrade-formula': 'gate "$(basename "$ENSEMBLE_UNIT_NAME")"' } });
    const upgrade = operator.start(['upgrade-formula', '--strategy', 'all', 'f']);
    for (let unit = 0; unit < 5; unit += 1) {
      await eventually(async () => {
        const traces = await Promise.all([0, 1, 2, 3, 4].map((number) => world.trace(`f/${number}`)));
        assert.ok(traces.filter((trace) => trace.includes('upgrade-formula 2')).length > Math.min(unit, 1));
      });
      if (unit % 2 === 0) {
        await server.kill();
        await server.start();
      }
      await world.openGate(`${unit}`);
    }
    const { code, stderr } = await upgrade.ended;
    assert.equal(code, 0, stderr + JSON.stringify(agent.lines().slice(-20)));
    for (let unit = 0; unit < 5; unit += 1) {
      await world.untilOn('world:f-2', `f/${unit}`);
      assert.deepEqual(await world.trace(`f/${unit}`), [...LIVED, 'upgrade-formula 2', 'config-changed 2']);
    }
  });

  it("while the agent is killed and started: it waits for the server, as its hook's tools do, and goes on", async () => {
    // No tool here finds out by trying again that there is an agent.
    const install = 'gate install\necho asks >"$TRACE/asks"\nENSEMBLE_TOOL_WAIT=0 unit-get private-address';
    const one = await world.publish(1, { hooks: { install } });
    const agent = await world.agentProcess();
    await world.deploy(one);
    await eventually(async () => assert.deepEqual(await world.trace(), ['install 1']));
    await server.kill();
    await agent.kill();
    const next = await world.agentProcess('m0', { up: false });
    await next.logged('waiting for the coordinator');
    await world.openGate('install');
    await eventually(() => world.text('asks'));
    await server.start();
    await next.up();
    await world.untilOn(one);
    assert.deepEqual(await world.trace(), LIVED);
  });

  it('takes the session away from an agent that was stopped too long: its presence comes back', async () => {
    const one = await world.publish(1);
    const agent = await world.agentProcess();
    await world.deploy(one);
    await world.untilOn(one);
    process.kill(agent.pid, 'SIGSTOP');
    await eventually(
      async () => assert.equal(await world.coordinator.get(paths.agent('m0')), undefined),
      60_000,
    );
    process.kill(agent.pid, 'SIGCONT');
    await eventually(async () => assert.ok(await world.coordinator.get(paths.agent('m0'))));
    const two = await world.publish(2);
    await world.upgrade(two);
    await world.untilOn(two);
  });

  const seed = chooseSeed();
  it(`killed at random, as its agents are, it ends where an undisturbed one does (SEED=${seed})`, async () => {
    const random = seeded(seed);
    const hooks = { install: 'sleep 0.1', start: 'sleep 0.1', 'upgrade-formula': 'sleep 0.1' };
    const one = await world.publish(1, { hooks });
    const two = await world.publish(2, { hooks });
    let agent = await world.agentProcess();
    const units = await world.deploy(one, 5);
    const disturb = async (): Promise<void> => {
      for (let kill = 0; kill < 5; kill += 1) {
        await pause(random() * 600);
        if (random() < 0.5) {
          await server.kill();
          await server.start({ answers: random() < 0.5 });
        } else {
          await agent.kill();
          agent = await world.agentProcess('m0', { up: false });
        }
      }
    };
    await disturb();
    for (const unit of units) await world.untilOn(one, unit);
    await eventually(() => world.upgrade(two, units));
    await disturb();
    for (const unit of units) {
      await world.untilOn(two, unit);
      assert.deepEqual(await world.trace(unit), [...LIVED, 'upgrade-formula 2', 'config-changed 2'], unit);
    }
  });

  it('keeps the session of an agent that is restarted, so that its presence never blinks', async () => {
    // All but the last field, which is how far it has read.
    const session = async (): Promise<string> => (await world.session()).replace(/:[^:]*$/, '');
    const agent = await world.agentProcess();
    const before = await session();
    let absences = 0;
    world.coordinator.observe(paths.agent('m0'), (node) => {
      if (node === undefined) absences += 1;
    });
    assert.equal(await agent.kill('SIGTERM'), 0);
    const killed = await world.agentProcess();
    await killed.kill();
    await world.agentProcess();
    assert.equal(await session(), before);
    assert.equal(absences, 0);
  });

  it('refuses to show its config to a client without the secret', async () => {
    await started();
    const home = world.path('stranger');
    await mkdir(home);
    await writeFile(
      join(home, 'environments.yaml'),
      `environments:\n  world:\n    state: ${world.state}\n    storage: ${world.storage}\n`,
    );
    const { code, stdout, stderr } = await new Operator(home).run('get', 'f');
    assert.equal(code, 1);
    assert.match(stderr, /refuses access.*\n.*secret/);
    assert.equal(stdout, '');
  });
});
