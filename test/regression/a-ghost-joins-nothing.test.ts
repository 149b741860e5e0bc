import assert from 'node:assert/strict';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { forceOut } from '../../control/remove/force-out.js';
import { paths } from '../../state/model/paths.js';
import { destroyService } from '../../control/remove/destroy-service.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { tracingFormula } from '../faults/formulas.js';

describe('a unit that was removed by force while its agent was away', function () {
  this.timeout(120_000);
  let world: World;
  beforeEach(async () => {
    world = await World.open();
  });
  afterEach(() => world.close());

  const relate = (): Promise<unknown> => {
    const names = [parseEndpointName('f:db'), parseEndpointName('g:site')] as const;
    return addRelation(world.coordinator, names, requester.requestedAt);
  };
  const hooksOf = async (unit: string): Promise<readonly string[]> =>
    (await world.trace(unit)).flatMap((line) => /^begin (\S+)/.exec(line)?.[1] ?? []);

  it('takes no part in the relations of the next service of its name', async () => {
    const formula = await world.publish(1, tracingFormula(world, 1));
    await world.agent({ machine: 'm1' });
    const lost = await world.agent();
    await world.deploy(formula, 1, 'f', 'm0');
    await world.deploy(formula, 1, 'g', 'm1');
    await relate();
    const met = ['joined', 'changed'];
    const untilG = (...events: readonly string[]): Promise<void> =>
      eventually(async () => {
        const hooks = (await hooksOf('g/0')).filter((hook) => hook.startsWith('site-'));
        assert.deepEqual(
          hooks,
          events.map((event) => `site-relation-${event}`),
        );
      });
    await untilG(...met);
    await eventually(async () => assert.ok((await hooksOf('f/0')).includes('db-relation-changed')));
    await lost.stop();
    await forceOut(world.coordinator, ['f/0'], requester);
    await destroyService(world.coordinator, 'f', requester);
    await eventually(async () => assert.equal(await world.coordinator.get(paths.service('f')), undefined));
    await world.deploy(formula, 1, 'f', 'm1');
    await relate();
    await untilG(...met, 'departed', 'broken', ...met);

    await world.agent();
    await eventually(async () => assert.equal((await hooksOf('f/0')).at(-1), 'stop'));
    const events = ['joined', 'changed', 'departed', 'broken'].map((event) => `db-relation-${event}`);
    assert.deepEqual((await hooksOf('f/0')).slice(3, -1), events, 'it left the one that it was in');
    await untilG(...met, 'departed', 'broken', ...met);
  });
});
