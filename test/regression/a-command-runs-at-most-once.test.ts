import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { requestCommand } from '../../control/run/request-command.js';
import { claimCommand, commandRequestSchema } from '../../state/model/commands.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { ensemble, operate } from '../agent/operator.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

/** What the first agent began ran once more at the next one, as only the first one's memory said so. */
describe('a command of `run`', () => {
  let world: World;
  let one: string;
  beforeEach(async () => {
    world = await World.open();
    one = await world.publish(1);
  });
  afterEach(() => world.close());

  const ran = (): Promise<string> => readFile(world.path('ran'), 'utf8');
  const mark = (): string => `echo one >>${world.path('ran')}`;

  const resultOf = (id: string) =>
    eventually(async () => {
      const request = await readEntity(world.coordinator, paths.command('f/0', id), commandRequestSchema);
      assert.ok(request?.value.result);
      return request.value.result;
    });

  it('is not run again by an agent that comes back after its machine was taken over', async () => {
    const first = await world.agentProcess();
    await world.deploy(one);
    await world.untilOn(one);
    const run = operate(world, 'run', 'f/0', '--', `${mark()}; trap "" TERM; gate never || sleep 600`);
    await eventually(ran);
    const other = await world.agentProcess('m0', {
      up: false,
      options: ['--data-dir', world.path('other'), '--take-over'],
    });
    await first.logged('is being taken over');
    await other.kill();
    await first.ended();
    await world.agentProcess('m0', { options: ['--take-over'] });
    const { code, stderr } = await run.ended;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /went down with its machine or agent; how far it came is not known/);
    assert.equal(await ran(), 'one\n');
    const history = await ensemble(world, 'history', 'f/0', '--format', 'json');
    assert.match(history.stdout, /"outcome": "lost"/);
  });

  it('is not run by an agent whose journal does not have it under way', async () => {
    const agent = await world.agent();
    await world.deploy(one);
    await world.untilOn(one);
    await agent.stop();
    const id = await requestCommand(world.coordinator, 'f/0', { command: ['sh', '-c', mark()] }, requester);
    const begin = { begunAt: requester.requestedAt, begunBy: 'an agent that lost its journal' };
    assert.equal(await claimCommand(world.coordinator, 'f/0', id, begin), 'claimed');
    await world.agent();
    assert.equal((await resultOf(id)).outcome, 'lost');
    await assert.rejects(ran(), { code: 'ENOENT' });
  });

  it('is not run again where its request comes back as it was asked, after the agent was restarted', async () => {
    const agent = await world.agent();
    await world.deploy(one);
    await world.untilOn(one);
    const id = await requestCommand(world.coordinator, 'f/0', { command: ['sh', '-c', mark()] }, requester);
    assert.equal((await resultOf(id)).outcome, 'exited');
    await agent.stop();
    // As a session that expired makes it again.
    const path = paths.command('f/0', id);
    const node = await readEntity(world.coordinator, path, commandRequestSchema);
    const { begunAt, begunBy, result, ...asked } = node?.value ?? {};
    await world.coordinator.set(path, nodeValue(asked), node?.version ?? 0);
    await world.agent();
    assert.equal((await resultOf(id)).outcome, 'lost');
    assert.equal(await ran(), 'one\n');
  });
});
