import assert from 'node:assert/strict';
import { nodeValue, readEntity } from '../../../state/model/entity.js';
import { LayoutTooNew, NodeInvalid, NotBootstrapped } from '../../../state/model/errors.js';
import { bootstrapTree, requireLayout } from '../../../state/model/layout.js';
import { layoutLevels, newestLayout } from '../../../state/model/layout-known.js';
import { paths } from '../../../state/model/paths.js';
import { serviceSchema } from '../../../state/model/service-schemas.js';
import { addService, useTree } from './tree.js';

describe('the layout', () => {
  const tree = useTree();

  it('is made once, though several make it at the same time', async () => {
    assert.equal(await bootstrapTree(tree.one), false, 'useTree was first');
    await tree.one.remove(paths.layout);
    const made = await Promise.all([tree.one, tree.two, tree.one].map((each) => bootstrapTree(each)));
    assert.equal(made.filter(Boolean).length, 1);
    await requireLayout(tree.two, 'local');
  });

  it('is finished by a second bootstrap where the first was killed', async () => {
    await tree.one.remove(paths.layout);
    await tree.one.remove(paths.unplaced);
    await assert.rejects(requireLayout(tree.one, 'local'), NotBootstrapped);
    assert.equal(await bootstrapTree(tree.one), true);
    await requireLayout(tree.one, 'local');
  });

  it('that a newer Ensemble wrote is left alone, unless that one says it can be read', async () => {
    const newer = { level: layoutLevels.max + 1, sublevel: 0, minReader: layoutLevels.max + 1 };
    await tree.one.set(paths.layout, nodeValue(newer));
    await assert.rejects(requireLayout(tree.one, 'local'), LayoutTooNew);
    await tree.one.set(paths.layout, nodeValue({ ...newer, minReader: layoutLevels.max }));
    await requireLayout(tree.one, 'local');
  });

  it('with a feature that this Ensemble does not know is left alone, and the feature is named', async () => {
    const features = [...newestLayout.features, 'later'];
    await tree.one.set(paths.layout, nodeValue({ ...newestLayout, features }));
    await assert.rejects(requireLayout(tree.one, 'local'), {
      code: 'layout-too-new',
      message: `environment local needs an Ensemble that knows later; this one reads ${layoutLevels.max}`,
    });
  });

  it('of release 0.1.0 is read, and has no feature on', async () => {
    await tree.one.set(paths.layout, nodeValue({ level: 1, sublevel: 0, minReader: 1 }));
    await requireLayout(tree.one, 'local');
  });

  it('names the path and the field of a damaged node', async () => {
    await addService(tree.one, 'mysql');
    const damaged = async (value: string): Promise<NodeInvalid> => {
      await tree.one.set(paths.service('mysql'), value);
      const error: unknown = await readEntity(tree.one, paths.service('mysql'), serviceSchema).catch(
        (e) => e,
      );
      assert.ok(error instanceof NodeInvalid);
      return error;
    };
    const noJson = await damaged('{');
    assert.equal(noJson.message, "/services/mysql in the environment's state is damaged: it is no JSON");
    const wrongField = await damaged(
      nodeValue({ formula: 'a', repository: { name: 'x', path: 3 }, nextUnit: 0, change: '' }),
    );
    assert.deepEqual([wrongField.path, wrongField.field], ['/services/mysql', 'repository.path']);
  });

  it('keeps fields it does not know', async () => {
    const value = {
      formula: 'a',
      repository: { name: 'x', path: '/x' },
      nextUnit: 0,
      change: '',
      later: [1],
    };
    await tree.one.create(paths.service('mysql'), nodeValue(value));
    assert.deepEqual((await readEntity(tree.one, paths.service('mysql'), serviceSchema))?.value, value);
  });
});
