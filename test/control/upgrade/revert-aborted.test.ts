import assert from 'node:assert/strict';
import { addUnits } from '../../../control/deploy/add-units.js';
import { askRollout } from '../../../control/rollout/ask-rollout.js';
import { setFormula } from '../../../control/rollout/set-formula.js';
import { revertService } from '../../../control/upgrade/revert.js';
import { nodeValue } from '../../../state/model/entity.js';
import { requestEntry } from '../../../state/model/history-entry.js';
import { paths } from '../../../state/model/paths.js';
import { readRollout } from '../../../state/model/rollout.js';
import { requireUnit } from '../../../state/model/units.js';
import { addRelatable, publishFormula } from '../../state/model/relation-tree.js';
import { requester, useTree } from '../../state/model/tree.js';

describe('a way back', () => {
  const tree = useTree();

  async function runs(unit: string, formula: string): Promise<void> {
    const { value } = await requireUnit(tree.one, unit);
    await tree.one.set(paths.unit(unit), nodeValue({ ...value, formula }));
  }

  it('goes on where somebody aborted it half-way', async () => {
    await addRelatable(tree.one, 'ring', {});
    await addUnits(tree.one, 'ring', 2, requester.requestedAt);
    const two = await publishFormula(tree.one, 'ring', {}, 2);
    await setFormula(
      tree.one,
      'ring',
      (service) => ({ ...service, formula: two, previous: service.formula }),
      requestEntry(requester, { what: 'upgrade' }),
    );
    for (const unit of ['ring/0', 'ring/1']) await runs(unit, two);
    const { to: one } = await revertService(tree.one, 'ring', requester);
    await runs('ring/0', one);
    await askRollout(tree.one, 'ring', 'abort', { ...requester, by: 'ann@host' }, '');
    const again = await revertService(tree.one, 'ring', { ...requester, by: 'bob@host' });
    assert.deepEqual([again.from, again.to], [two, one]);
    const { state, revert, by, revertTo } = (await readRollout(tree.one, 'ring'))?.value ?? {};
    assert.deepEqual([state, revert, by, revertTo], ['reverting', true, 'bob@host', one]);
    // When all are there, nothing is left to go back from.
    await runs('ring/1', one);
    await askRollout(tree.one, 'ring', 'abort', { ...requester, by: 'ann@host' }, '');
    await assert.rejects(revertService(tree.one, 'ring', requester), /no formula before/);
  });
});
