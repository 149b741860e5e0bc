import assert from 'node:assert/strict';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { readRuns, tracingFormula } from '../faults/formulas.js';

describe('a relation hook that runs while its agent is restarted', () => {
  it('has no hook of the relation whose turn is next beside it', async () => {
    const world = await World.open();
    try {
      const body = '[ "$ENSEMBLE_REMOTE_UNIT" != g/0 ] || gate hook';
      const one = await world.publish(1, tracingFormula(world, 1, { 'db-relation-joined': body }));
      const agent = await world.agent();
      await world.agent({ machine: 'm1' });
      for (const [service, machine] of [
        ['f', 'm0'],
        ['g', 'm1'],
        ['h', 'm1'],
      ] as const) {
        await world.deploy(one, 1, service, machine);
        await world.untilOn(one, `${service}/0`);
      }
      const relate = (other: string): Promise<unknown> =>
        addRelation(
          world.coordinator,
          [parseEndpointName('f:db'), parseEndpointName(`${other}:site`)],
          requester.requestedAt,
        );
      await relate('g');
      await eventually(async () =>
        assert.ok((await world.trace()).some((line) => line.startsWith('begin db-relation-joined'))),
      );
      await relate('h');
      await agent.stop();
      await world.agent();
      // By the other side's joined the relation with h is known here too, and its hook is due.
      await eventually(async () =>
        assert.ok((await world.trace('h/0')).some((line) => line.startsWith('end site-relation-joined'))),
      );
      await world.openGate('hook');
      await eventually(async () => {
        const { runs, overlaps } = readRuns(await world.trace());
        assert.deepEqual(overlaps, []);
        assert.deepEqual(
          runs
            .slice(3)
            .map(({ hook }) => hook)
            .sort(),
          ['db-relation-changed', 'db-relation-changed', 'db-relation-joined', 'db-relation-joined'],
        );
        assert.ok(runs.every(({ ended, attempt }) => ended && attempt === 1));
      });
    } finally {
      await world.close();
    }
  });
});
