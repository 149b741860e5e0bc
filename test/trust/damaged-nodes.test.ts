import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { paths } from '../../state/model/paths.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { requester, World } from '../agent/world.js';
import { eventually } from '../eventually.js';
import { tracingFormula } from '../faults/formulas.js';
import { chooseSeed } from '../random.js';

const ONE = 'world:f-1';

/** The nodes an agent reads of a unit `f/0`, its service, and the relation it has with `g/0`; what stands in them may be anything. */
const nodes = [
  paths.service('f'),
  paths.config('f'),
  paths.unit('f/0'),
  paths.status('f/0'),
  paths.upgrade('f/0'),
  paths.resolved('f/0'),
  paths.abort('f/0'),
  paths.removal('f/0'),
  paths.formula(ONE),
  paths.serviceRelation('f', '0'),
  paths.relation('0'),
  paths.settings('/relations/0', 'f/0'),
  paths.settings('/relations/0', 'g/0'),
  paths.machine('m0'),
  paths.machineUnit('m0', 'f/0'),
  paths.serviceHistory('f'),
  paths.unitHistory('f/0'),
  paths.relations,
];

describe('damaged nodes of the state tree', function () {
  this.timeout(120_000);
  const seed = chooseSeed();

  it(`are named, and stop neither the agent nor the other units (SEED=${seed})`, async () => {
    const world = await World.open();
    try {
      await world.publish(1, tracingFormula(world, 1));
      const agent = await world.agentProcess();
      await world.deploy(ONE);
      await world.deploy(ONE, 1, 'g');
      await world.untilOn(ONE);
      await world.untilOn(ONE, 'g/0');
      const names = [parseEndpointName('f:db'), parseEndpointName('g:site')] as const;
      await addRelation(world.coordinator, names, requester.requestedAt);
      await eventually(async () =>
        assert.ok((await world.trace()).some((line) => line.startsWith('end db-relation-changed'))),
      );
      const sound = new Map<string, string | undefined>();
      for (const path of nodes) sound.set(path, (await world.coordinator.get(path))?.value);
      let title = 0;
      const junk = fc.oneof(
        fc.string(),
        fc.json(),
        fc
          .record({ formula: fc.anything(), id: fc.anything(), to: fc.anything() })
          .map((value) => JSON.stringify(value)),
        fc.constantFrom('', '{', 'null', '[]', '{}', '{"__proto__":1}', '\u0000'),
      );
      await fc.assert(
        fc.asyncProperty(fc.constantFrom(...nodes), junk, async (path, text) => {
          const value = sound.get(path);
          await (value === undefined
            ? world.coordinator.create(path, text)
            : world.coordinator.set(path, text));
          // The other unit's part of the agent still works.
          title += 1;
          await setConfigValues(world.coordinator, 'g', { title: `t${title}` });
          await eventually(async () => {
            const ran = (await world.trace('g/0')).filter((line) => line.startsWith('end config-changed'));
            assert.equal(ran.length, title + 1);
          });
          await (value === undefined
            ? world.coordinator.remove(path).catch(() => undefined)
            : world.coordinator.set(path, value));
        }),
        { seed, numRuns: 60, endOnFailure: true },
      );
      assert.ok(
        agent.lines().some(({ message }) => message.includes('cannot be used')),
        'what is damaged is named',
      );
      assert.equal(agent.stderr(), '', 'nothing went unheard');
    } finally {
      await world.close();
    }
  });
});
