import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { openCoordinator } from '../../state/coordination/open.js';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';
import { eventually, eventuallyTrue } from '../eventually.js';
import { startZookeeper, type ZookeeperServer } from '../servers/zookeeper.js';
import { closeClients, open } from '../state/coordination/zookeeper/clients.js';

describe('a ZooKeeper that was set back to before', function () {
  this.timeout(120_000);
  let server: ZookeeperServer;
  let world: World | undefined;
  beforeEach(async () => {
    server = await startZookeeper();
  });
  afterEach(async () => {
    await closeClients();
    await world?.close();
    world = undefined;
    await server.stop();
  });

  it('is used by clients that have seen more, running and started anew, which say why', async () => {
    const client = await open(server.address, '/tree', { requestTimeout: 30_000 });
    await client.create('/n', '0');
    for (let time = 0; time < 20; time += 1) await client.set('/n', `${time}`);
    const session = client.savedSession();
    await server.kill();
    await server.setBack();
    await server.start();
    assert.equal(await client.get('/n'), undefined);
    await eventuallyTrue('it is said', () => client.events.includes('older'));
    assert.ok(client.events.includes('expired'));
    const next = await open(server.address, '/tree', { session, requestTimeout: Number.POSITIVE_INFINITY });
    await next.create('/n', '0');
    assert.ok(next.events.includes('older'));
    await client.close();
  });

  it('says nothing of the kind where it only was away', async () => {
    const client = await open(server.address, '/tree', { requestTimeout: 30_000 });
    await client.create('/n', '0');
    await server.kill();
    await server.start();
    assert.equal((await client.get('/n'))?.value, '0');
    assert.ok(!client.events.includes('older'), client.events.join());
  });

  it('lets an agent wait while it is empty, end where it is another, and go on from what it accepts', async () => {
    world = await World.open({ state: `zookeeper://${server.address}/ens` });
    const formula = await world.publish(1);
    const agent = await world.agentProcess();
    await world.deploy(formula);
    await world.untilOn(formula);
    const ran = await world.trace();
    await server.kill();
    await server.setBack();
    await server.start();
    await agent.logged('the coordinator is older than what this agent has seen of it');
    await agent.logged('waiting: ');
    assert.equal((await ensemble(world, 'bootstrap')).code, 0);
    assert.equal(await agent.ended(), 1);
    assert.match(agent.stderr(), /holds another, [\s\S]*--accept-state\n$/);
    const status = await ensemble(world, 'status', '--format', 'json');
    assert.deepEqual(JSON.parse(status.stdout).machines, {}, 'nothing was written');
    assert.deepEqual(await world.trace(), ran, 'no hook ran');

    await world.agentProcess('m0', { options: ['--accept-state'] });
    const units = world.path('machines', 'm0', 'units');
    await eventually(async () => assert.deepEqual(await readdir(units), []));
    assert.match((await ensemble(world, 'machines')).stdout, /^m0 +up/m);
  });

  it('is taken up anew by an agent that runs and hosts nothing', async () => {
    world = await World.open({ state: `zookeeper://${server.address}/ens` });
    const formula = await world.publish(1);
    const agent = await world.agentProcess();
    await world.deploy(formula);
    await world.untilOn(formula);
    assert.equal((await ensemble(world, 'destroy-service', 'f')).code, 0);
    await eventually(() =>
      assert.ok(agent.lines().some(({ message, unit }) => message === 'removed' && unit === 'f/0')),
    );
    await server.kill();
    await server.setBack();
    await server.start();
    await agent.logged('waiting: ');
    assert.equal((await ensemble(world, 'bootstrap')).code, 0);
    await agent.logged('from now on');
    await eventually(async () => {
      const { stdout } = world === undefined ? { stdout: '' } : await ensemble(world, 'machines');
      assert.match(stdout, /^m0 +up/m);
    });
    await world.publish(1);
    await world.deploy(formula);
    await world.untilOn(formula);
    await eventually(async () =>
      assert.ok(((await world?.coordinator.children('/history/f')) ?? []).includes('f-0')),
    );
    await agent.kill('SIGTERM');
    await world.agentProcess();
  });

  it('from a backup ends a running agent that did more since, and one that is started, until it is accepted', async () => {
    world = await World.open({ state: `zookeeper://${server.address}/ens` });
    const formula = await world.publish(1);
    const agent = await world.agentProcess();
    await world.deploy(formula);
    await world.untilOn(formula);
    await agent.kill('SIGTERM');
    await server.kill();
    const backup = world.path('backup');
    await server.saveData(backup);
    await server.start();
    const running = await world.agentProcess();
    await world.deploy(formula, 1, 'g');
    await world.untilOn(formula, 'g/0');
    const ran = [...(await world.trace()), ...(await world.trace('g/0'))];
    await server.kill();
    await server.setBack(backup);
    await server.start();
    assert.equal(await running.ended(), 1);
    assert.match(running.stderr(), /is older than what the units of \S+ did/);
    const again = await world.agentProcess('m0', { up: false });
    assert.equal(await again.ended(), 1);
    assert.deepEqual([...(await world.trace()), ...(await world.trace('g/0'))], ran, 'no hook ran');

    const accepting = await world.agentProcess('m0', { options: ['--accept-state'] });
    const units = world.path('machines', 'm0', 'units');
    await eventually(async () => assert.deepEqual(await readdir(units), ['f-0']));
    assert.deepEqual(await world.trace(), ran.slice(0, (await world.trace()).length), 'f/0 only went on');
    assert.equal((await world.trace('g/0')).at(-1), 'stop 1');
    await accepting.kill('SIGTERM');
    await world.agentProcess();
    const fresh = await openCoordinator(world.state);
    assert.deepEqual(await fresh.children('/machines/m0/units'), ['f-0']);
    await fresh.close();
  });
});
