import assert from 'node:assert/strict';
import { requestResolved } from '../../state/model/requests.js';
import { eventually } from '../eventually.js';
import { requester, World } from './world.js';

describe('the loop breaker', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const dying = (point: string) => ({
    ENSEMBLE_ALLOW_FAULTS: world.path('faults'),
    ENSEMBLE_FAULTS: `${point}=kill:always`,
  });

  /** Starts agents, as a supervisor does, until one is not killed. @returns how many were */
  async function untilOneLives(point: string): Promise<number> {
    for (let deaths = 0; deaths < 12; deaths += 1) {
      const agent = await world.agentProcess('m0', { up: false, variables: dying(point) });
      const lives = eventually(async () => {
        const { status } = await world.unit();
        assert.match(`${status.message}`, /agents in a row died/);
        return true;
      }, 20_000);
      const died = await Promise.race([agent.ended().then(() => true), lives.then(() => false)]);
      lives.catch(() => undefined);
      if (!died) {
        await agent.kill('SIGTERM');
        return deaths;
      }
    }
    throw new Error('agents were killed for ever');
  }

  it('gives up a step at which five agents in a row died, and names the way out', async function () {
    this.timeout(90_000);
    const one = await world.publish(1);
    await world.deploy(one);
    assert.equal(await untilOneLives('installing.extract.before'), 5);
    const { status } = await world.unit();
    assert.equal(status.state, 'install-error');
    assert.match(status.message, /^5 agents in a row died while f\/0 was installing/);
    assert.match(status.next ?? '', /log of the agent, then: ensemble resolved --retry f\/0$/);
    await world.agent();
    await requestResolved(world.coordinator, 'f/0', true, requester);
    await world.untilOn(one);
    assert.deepEqual(await world.trace(), ['install 1', 'config-changed 1', 'start 1']);
  });

  it('leaves a unit on its old formula where the new one kills whoever unpacks it', async function () {
    this.timeout(90_000);
    const one = await world.publish(1);
    await world.deploy(one);
    const agent = await world.agent();
    await world.untilOn(one);
    await agent.stop();
    const two = await world.publish(2);
    await world.upgrade(two);
    assert.equal(await untilOneLives('staging.extract.before'), 5);
    const { status, unit } = await world.unit();
    assert.deepEqual([status.state, unit.formula], ['started', one]);
    assert.match(status.message, /prepared an upgrade.*ensemble upgrade-formula f/);
    await world.agent();
    await world.upgrade(two);
    await world.untilOn(two);
  });
});
