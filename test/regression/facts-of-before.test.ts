import assert from 'node:assert/strict';
import { mirrorUnit, type UnitFacts } from '../../agent/tree/mirror.js';
import { readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { statusSchema, unitSchema } from '../../state/model/unit-schemas.js';
import { TreeFixture } from '../agent/tree/tree-fixture.js';
import { eventually } from '../eventually.js';

describe('facts of before an upgrade was committed', () => {
  let tree: TreeFixture;
  beforeEach(async () => {
    tree = await TreeFixture.open();
    await tree.units(1);
  });
  afterEach(() => tree.close());

  // A commit hears that it went through a few turns later than the mirror's own write in the same transaction does
  // (its write goes through `betweenFaults`), and so believes that its own facts were the last to be written.
  for (const turns of [0, 5]) {
    it(`do not stay after it, when it hears ${turns} turns later that it went through`, async () => {
      const found = await readEntity(tree.real, paths.unit('f/0'), unitSchema);
      assert.ok(found);
      const facts = (formula: string, message: string): UnitFacts => ({
        unit: { ...found.value, formula },
        status: { state: 'started', since: '2026-01-01T00:00:00Z', message },
      });
      const mirrored = tree.mirrored('f/0');
      const mirror = mirrorUnit('f/0', mirrored, tree.log);
      const committed = facts('p:f-2', 'committed');
      const committing = mirror.include(committed, async (operations) => {
        await mirrored.writer.write(operations);
        for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      });
      mirror.report(facts('p:f-1', 'before'));
      await committing;
      mirror.report(committed);
      await eventually(async () => {
        assert.equal((await readEntity(tree.real, paths.unit('f/0'), unitSchema))?.value.formula, 'p:f-2');
        const status = await readEntity(tree.real, paths.status('f/0'), statusSchema);
        assert.equal(status?.value.message, 'committed');
      });
      const written = tree.transactions.flat().filter((operation) => operation.kind === 'set');
      assert.deepEqual(
        written.filter(({ value }) => value.includes('p:f-1')),
        [],
        'a command that follows the unit would have seen it go elsewhere',
      );
    });
  }
});
