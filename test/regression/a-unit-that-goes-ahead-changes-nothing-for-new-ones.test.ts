import assert from 'node:assert/strict';
import { setTarget } from '../../control/upgrade/set-target.js';
import { nodeValue, readEntity } from '../../state/model/entity.js';
import { requestEntry } from '../../state/model/history-entry.js';
import { paths } from '../../state/model/paths.js';
import { serviceSchema } from '../../state/model/service-schemas.js';
import { createService } from '../../state/model/services.js';
import { metadataOf, publishFormula } from '../state/model/relation-tree.js';
import { requester, useTree } from '../state/model/tree.js';

describe('single units that go to a newer revision while a canary waits', () => {
  const tree = useTree();

  it('have new ones begin with what was there before the canary, as nobody promoted it', async () => {
    for (const revision of [1, 2, 3]) await publishFormula(tree.one, 'web', {}, revision);
    const service = { formula: 'p:web-2', repository: { name: 'p', path: '/p' } };
    await createService(tree.one, 'web', service, {});
    const made = await readEntity(tree.one, paths.service('web'), serviceSchema);
    const canary = { ...made?.value, previous: 'p:web-1', startWith: 'p:web-1' };
    await tree.one.set(paths.service('web'), nodeValue(canary));
    const metadata = metadataOf('web', {}, 3);
    const formula = { name: 'web', revision: 3, directory: '/p', metadata, config: {}, warnings: [] };
    await setTarget(
      tree.one,
      'web',
      'p:web-3',
      formula,
      { origin: undefined, force: false },
      requestEntry(requester, { what: 'upgrade', from: 'p:web-2', to: 'p:web-3' }),
    );
    const after = await readEntity(tree.one, paths.service('web'), serviceSchema);
    assert.deepEqual([after?.value.formula, after?.value.startWith], ['p:web-3', 'p:web-1']);
  });
});
