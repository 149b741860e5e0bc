import assert from 'node:assert/strict';
import { paths } from '../../state/model/paths.js';
import { ensemble } from '../agent/operator.js';
import { World } from '../agent/world.js';

/** The rows of who followed said `no agent is running` where the last lines knew better. */
describe('the rows of units that nobody works on', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  async function followed(): Promise<string> {
    await world.publish(2);
    const { code, stderr } = await ensemble(
      world,
      'upgrade-formula',
      '--repository',
      world.path('world'),
      'f',
    );
    assert.equal(code, 1, stderr);
    assert.doesNotMatch(stderr, /no agent is running/);
    return stderr;
  }

  it('say that the agent was stopped, also long after', async () => {
    const agent = await world.agentProcess();
    await world.deploy(await world.publish(1));
    await world.until('started');
    process.kill(agent.pid, 'SIGTERM');
    await agent.ended();
    // Its session is over.
    if ((await world.coordinator.get(paths.agent('m0'))) !== undefined)
      await world.coordinator.remove(paths.agent('m0'));
    assert.match(await followed(), /^f\/0: started, upgrade wanted: the agent of m0 was stopped at /m);
  });

  it('say that it is suspended', async () => {
    const agent = await world.agentProcess();
    await world.deploy(await world.publish(1));
    await world.until('started');
    await agent.suspend();
    await world.coordinator.remove(paths.agent('m0'));
    const said = new RegExp(
      `^f/0: started, upgrade wanted: the agent of m0 is suspended .*process ${agent.pid}$`,
      'm',
    );
    assert.match(await followed(), said);
  });
});
