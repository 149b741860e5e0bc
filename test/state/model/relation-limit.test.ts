import assert from 'node:assert/strict';
import { paths } from '../../../state/model/paths.js';
import { RelationLimitReached } from '../../../state/model/relation-errors.js';
import { removeRelation } from '../../../control/remove/remove-relation.js';
import { removeRelationIfLeft } from '../../../state/model/removal.js';
import { addRelatable, join, relate } from './relation-tree.js';
import { requester, useTree } from './tree.js';

describe('the limit of an endpoint', () => {
  const tree = useTree();

  it('counts a relation that is going until its units have left it, and says that there is such a one', async () => {
    await addRelatable(tree.one, 'app', { requires: { db: { interface: 'sql', limit: 1 } } });
    for (const name of ['old', 'new']) await addRelatable(tree.one, name, { provides: { server: 'sql' } });
    const { number } = await relate(tree.one, 'app', 'old');
    await join(tree.one, paths.relation(number), 'app/0');
    await assert.rejects(relate(tree.one, 'app', 'new'), {
      message: 'app:db takes part in 1 relation at most',
      next: 'ensemble remove-relation app:db old, and this command again when it is gone',
    });
    await removeRelation(tree.one, number, requester);
    await assert.rejects(relate(tree.one, 'app', 'new'), (error) => {
      assert.ok(error instanceof RelationLimitReached);
      assert.equal(
        error.message,
        'app:db takes part in 1 relation at most, and units have still to leave the one with old',
      );
      return true;
    });
    await tree.one.remove(paths.settings(paths.relation(number), 'app/0'));
    await removeRelationIfLeft(tree.one, number);
    await relate(tree.one, 'app', 'new');
  });
});
