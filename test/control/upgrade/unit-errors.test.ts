import assert from 'node:assert/strict';
import { readUnitErrors } from '../../../control/upgrade/unit-errors.js';
import { nodeValue } from '../../../state/model/entity.js';
import { paths } from '../../../state/model/paths.js';
import type { WorkflowState } from '../../../state/model/workflow-state.js';
import { TreeFixture } from '../../agent/tree/tree-fixture.js';

describe('the errors of the units that an upgrade concerns', () => {
  let tree: TreeFixture;
  let names: readonly string[];
  beforeEach(async () => {
    tree = await TreeFixture.open();
    names = await tree.units(5);
    await becomes('f/1', 'started');
    await becomes('f/2', 'installing');
    await becomes('f/3', 'config-error');
    await becomes('f/4', 'upgrade-error');
  });
  afterEach(() => tree.close());

  const becomes = (unit: string, state: WorkflowState): Promise<number> =>
    tree.real.set(paths.status(unit), nodeValue({ state, since: `of ${unit}`, message: '' }));

  it('are those of the units asked for, each with its status, in their order', async () => {
    assert.deepEqual(
      [...(await readUnitErrors(tree.real, names))].map(([unit, { state, since }]) => [unit, state, since]),
      [
        ['f/3', 'config-error', 'of f/3'],
        ['f/4', 'upgrade-error', 'of f/4'],
      ],
    );
    assert.deepEqual([...(await readUnitErrors(tree.real, ['f/0', 'f/1', 'f/9']))], []);
  });

  it('are told without those that cannot be read, which are named', async () => {
    await tree.real.set(paths.status('f/3'), '{');
    const problems: { readonly path: string; readonly reason: string }[] = [];
    assert.deepEqual([...(await readUnitErrors(tree.real, names, problems)).keys()], ['f/4']);
    assert.deepEqual(problems, [{ path: '/units/f-3/status', reason: 'it is no JSON' }]);
  });

  it('are those of before what is written after the call', async () => {
    const reading = readUnitErrors(tree.real, names);
    await becomes('f/3', 'started');
    assert.ok((await reading).has('f/3'));
  });
});
