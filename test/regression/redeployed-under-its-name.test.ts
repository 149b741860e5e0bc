import assert from 'node:assert/strict';
import { paths } from '../../state/model/paths.js';
import { destroyService } from '../../control/remove/destroy-service.js';
import { requester, World } from '../agent/world.js';
import { embedded, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';

for (const engines of [embedded, zookeeper()])
  describe(`a service that is deployed under a name used before, on ${engines.name}`, function () {
    this.timeout(120_000);
    before(() => engines.start());
    after(() => engines.stop());
    let world: World;
    beforeEach(async () => {
      world = await World.open(engines.environment());
    });
    afterEach(() => world.close());

    it('starts under the agent that ran the one before, and goes again', async () => {
      const [one, two] = [await world.publish(1), await world.publish(2)];
      await world.agent();
      for (const formula of [one, two, one]) {
        const [unit = ''] = await world.deploy(formula);
        await world.untilOn(formula, unit);
        await destroyService(world.coordinator, 'f', requester);
        await eventually(async () =>
          assert.equal(await world.coordinator.get(paths.service('f')), undefined),
        );
      }
    });
  });
