import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readUnitHistory } from '../../state/model/history.js';
import { paths } from '../../state/model/paths.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';

describe('who asked for it', () => {
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  async function dyingAgent(fault: string): Promise<{ dead(): Promise<void> }> {
    const variables = { ENSEMBLE_ALLOW_FAULTS: world.path('faults'), ENSEMBLE_FAULTS: fault };
    const agent = await world.agentProcess('m0', { variables });
    return {
      async dead() {
        await agent.ended();
        assert.ok(existsSync(world.path('faults', `fired-${fault.split('=')[0]}`)));
      },
    };
  }

  async function assertOnRecord(what: string): Promise<void> {
    await eventually(async () => {
      const entries = await readUnitHistory(world.coordinator, 'f/0');
      const done = entries.filter((entry) => entry.what === what && entry.outcome === 'done');
      assert.deepEqual(
        done.map(({ by }) => by),
        [requester.by],
      );
    });
  }

  for (const kind of ['delay', 'kill'] as const) {
    it(`is on record of an upgrade whose flag is off the tree before its journal says that it is through (${kind})`, async () => {
      const one = await world.publish(1);
      const agent = await dyingAgent(`committing.tree.after=${kind}`);
      await world.deploy(one);
      await world.untilOn(one);
      await world.upgrade(await world.publish(2));
      if (kind === 'kill') {
        await agent.dead();
        assert.equal(await world.coordinator.get(paths.upgrade('f/0')), undefined, 'the flag is off');
        await world.agentProcess();
      }
      await assertOnRecord('upgrade');
    });
  }

  it('is on record of a removal that the next agent goes on with', async () => {
    const one = await world.publish(1);
    const agent = await dyingAgent('stopped.disk.before=kill');
    await world.deploy(one);
    await world.untilOn(one);
    await requestRemoval(world.coordinator, ['f/0'], requester);
    await agent.dead();
    await world.agentProcess();
    await assertOnRecord('remove');
  });
});
