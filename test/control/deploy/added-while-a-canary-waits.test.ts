import assert from 'node:assert/strict';
import { growService } from '../../../control/deploy/add-units.js';
import { editService } from '../../../state/model/services.js';
import { addRelatable, publishFormula } from '../../state/model/relation-tree.js';
import { requester, useTree } from '../../state/model/tree.js';

describe('units that are added', () => {
  const tree = useTree();

  it('are told to run what they start with, as while a canary waits', async () => {
    await addRelatable(tree.one, 'ring', {});
    const two = await publishFormula(tree.one, 'ring', {}, 2);
    const coordinator = tree.one;
    let before = '';
    await editService(coordinator, 'ring', (service) => {
      before = service.formula;
      return { ...service, formula: two, previous: service.formula, startWith: service.formula };
    });
    const added = await growService(
      { coordinator },
      { service: 'ring', count: 1, machine: undefined, by: requester },
    );
    assert.equal(added.formula, before);
  });
});
