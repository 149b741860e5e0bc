import assert from 'node:assert/strict';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { machineSchema } from '../../state/model/machine-schemas.js';
import { ensemble, operate } from '../agent/operator.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

/** The session of an agent that was stopped is kept for the next one; for ten seconds it was shown as up. */
describe('an agent that was stopped', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const at = /20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ/.source;
  const json = async (command: string): Promise<Record<string, Record<string, unknown>>> =>
    JSON.parse((await ensemble(world, command, '--format', 'json')).stdout).machines;
  const presence = () => world.coordinator.get(paths.agent('m0'));
  const node = async () => (await readEntity(world.coordinator, paths.machine('m0'), machineSchema))?.value;

  it('is shown so at once, with since when and what starts it, and not once it is up again', async () => {
    const agent = await world.agentProcess();
    await world.deploy(await world.publish(1));
    await world.until('started');
    assert.equal(await agent.kill('SIGTERM'), 0);
    assert.ok(await presence(), 'its session is kept');
    for (const command of ['status', 'machines']) {
      const m0 = (await json(command)).m0;
      assert.equal(m0?.agent, 'down');
      assert.match(String(m0?.stopped), /^20\S+Z$/);
      assert.match((await ensemble(world, command)).stdout, /^m0 +stopped/m);
    }
    const { stdout } = await ensemble(world, 'status');
    assert.match(stdout, /f\/0 +started +m0 \(stopped\)/);
    assert.match(stdout, new RegExp(`m0: its agent was stopped at ${at}\\n {4}start it on .*ensemble-agent`));
    const run = await ensemble(world, 'run', 'f/0', '--', 'true');
    assert.equal(run.code, 1);
    assert.match(
      run.stderr,
      new RegExp(`is down: the agent of m0 was stopped at ${at}\\n {2}try: start it on`),
    );
    await world.agentProcess();
    assert.equal((await json('status')).m0?.agent, 'up');
    assert.equal((await json('machines')).m0?.stopped, undefined);
    assert.equal((await node())?.stopped, undefined);
    assert.equal((await ensemble(world, 'run', 'f/0', '--', 'true')).code, 0);
  });

  it('leaves its units where they are: nobody is told a departure', async () => {
    const metadata = (role: string): string =>
      `name: f\nrevision: 1\nsummary: Notes\n${role}:\n  db: { interface: x }\n`;
    const hooks = { 'db-relation-joined': '', 'db-relation-departed': '' };
    const stays = await world.agent({ machine: 'm1' });
    const agent = await world.agentProcess();
    const one = await world.publish(1, {
      hooks,
      files: { 'metadata.yaml': `${metadata('provides')}requires:\n  other: { interface: x }\n` },
    });
    await world.deploy(one, 1, 'f', 'm0');
    await world.deploy(one, 1, 'g', 'm1');
    await addRelation(
      world.coordinator,
      [parseEndpointName('f:db'), parseEndpointName('g:other')],
      requester.requestedAt,
    );
    await eventually(async () => assert.ok((await world.trace('f/0')).includes('db-relation-joined 1')));
    const members = () => world.coordinator.children('/relations/0/members');
    await eventually(async () => assert.deepEqual(await members(), ['f-0', 'g-0']));
    await agent.kill('SIGTERM');
    assert.ok((await node())?.stopped);
    assert.deepEqual(await members(), ['f-0', 'g-0']);
    await world.agentProcess();
    await world.upgrade(one, ['g/0'], false, 'g');
    await world.untilOn(one, 'g/0');
    assert.ok(!(await world.trace('g/0')).some((line) => line.includes('departed')));
    await stays.stop();
  });

  it('is named to whoever follows an upgrade meanwhile, with what starts it', async () => {
    const agent = await world.agentProcess();
    await world.writeFormula(1, {});
    const deployed = await ensemble(world, 'deploy', '--repository', world.path('world'), 'f');
    assert.equal(deployed.code, 0, deployed.stderr);
    await world.writeFormula(2, { hooks: { 'upgrade-formula': 'gate up' } });
    const following = operate(world, 'upgrade-formula', '--timeout', '7s', 'f');
    await eventually(async () => assert.ok((await world.trace()).includes('upgrade-formula 2')));
    await agent.kill('SIGTERM');
    const stopped = new RegExp(`the agent of m0 was stopped at ${at}`);
    await eventually(() => assert.match(following.stderr(), stopped));
    assert.equal((await following.ended).code, 1);
    const warned = await ensemble(world, 'upgrade-formula', '--no-wait', '--force', 'f');
    assert.match(
      warned.stderr,
      new RegExp(`${stopped.source}, so f/0 must wait; start it on .*ensemble-agent`),
    );
    const again = await ensemble(world, 'upgrade-formula', 'f');
    assert.match(again.stderr, new RegExp(`${stopped.source}: start it on .*ensemble-agent`));
    await world.openGate('up');
  });

  it('is removed with its machine at once; one that was killed when its session is over', async () => {
    await (await world.agentProcess()).kill('SIGTERM');
    const { code, stderr } = await ensemble(world, 'remove-machine', 'm0');
    assert.equal(code, 0, stderr);
    assert.equal(await node(), undefined);
    const next = await world.agentProcess();
    await next.kill('SIGKILL');
    const refused = await ensemble(world, 'remove-machine', 'm0');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /has stopped, and its session is not over yet/);
    assert.doesNotMatch(refused.stderr, /kill \d/);
    assert.equal((await json('machines')).m0?.agent, 'up', 'nobody knows yet');
  });

  it('is no obstacle to who takes the machine over: neither waited for nor named as a process', async () => {
    const agent = await world.agentProcess();
    await world.deploy(await world.publish(1));
    await world.until('started');
    await agent.kill('SIGTERM');
    const options = ['--data-dir', world.path('other')];
    const refused = await world.agentProcess('m0', { up: false, options });
    assert.equal(await refused.ended(), 1);
    assert.match(refused.stderr(), /m0 belongs to the agent in/);
    assert.doesNotMatch(refused.stderr(), new RegExp(`\\b${agent.pid}\\b`));
    const taker = await world.agentProcess('m0', { options: [...options, '--take-over'] });
    assert.ok(!taker.lines().some(({ message }) => /waiting up to|was not of this agent/.test(message)));
    assert.equal((await node())?.stopped, undefined, 'what the former one said is not the new one’s');
    assert.equal((await json('status')).m0?.agent, 'up');
  });

  it('after whose stop the machine was taken over says nothing of the new owner', async () => {
    const agent = await world.agentProcess();
    const options = ['--data-dir', world.path('other'), '--take-over'];
    const [taker] = await Promise.all([
      world.agentProcess('m0', { options }),
      agent.logged('is being taken over').then(() => process.kill(agent.pid, 'SIGTERM')),
    ]);
    await agent.ended();
    assert.equal((await json('status')).m0?.agent, 'up');
    assert.equal((await node())?.owner?.dataDirectory, world.path('other'));
    await taker.kill('SIGKILL');
    await world.coordinator.remove(paths.agent('m0'));
    const m0 = (await json('machines')).m0;
    assert.deepEqual([m0?.agent, m0?.stopped], ['down', undefined], 'it was killed, and not stopped');
  });
});
