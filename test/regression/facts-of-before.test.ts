import assert from 'node:assert/strict';
import { mirrorUnit, type UnitFacts } from '../../agent/tree/mirror.js';
import { treeWriter } from '../../agent/tree/tree-writer.js';
import { systemClock } from '../../state/clock.js';
import { readEntity } from '../../state/model/entity.js';
import { paths } from '../../state/model/paths.js';
import { statusSchema, unitSchema } from '../../state/model/schemas.js';
import { TreeFixture } from '../agent/tree/tree-fixture.js';
import { eventually } from '../eventually.js';

describe('facts of before an upgrade was committed', () => {
  let tree: TreeFixture;
  beforeEach(async () => {
    tree = await TreeFixture.open();
    await tree.units(1);
  });
  afterEach(() => tree.close());

  it('that are reported while the commit is on its way do not come after it in its transaction', async () => {
    const found = await readEntity(tree.real, paths.unit('f/0'), unitSchema);
    assert.ok(found);
    const facts = (formula: string, message: string): UnitFacts => ({
      unit: { ...found.value, formula },
      status: { state: 'started', since: '2026-01-01T00:00:00Z', message },
    });
    const writer = treeWriter(tree.coordinator(), systemClock, Math.random);
    const mirror = mirrorUnit('f/0', writer, tree.log);
    const committing = mirror.include(facts('p:f-1', 'committed'), (operations) =>
      writer.write(() => operations),
    );
    mirror.report(facts('p:f-2', 'before'));
    await committing;
    mirror.report(facts('p:f-1', 'after'));
    await eventually(async () => {
      const status = await readEntity(tree.real, paths.status('f/0'), statusSchema);
      assert.equal(status?.value.message, 'after');
    });
    assert.equal((await readEntity(tree.real, paths.unit('f/0'), unitSchema))?.value.formula, 'p:f-1');
  });
});
