import assert from 'node:assert/strict';
import { nodeValue } from '../../../state/model/entity.js';
import { paths } from '../../../state/model/paths.js';
import {
  type Buried,
  buryOperation,
  forcedOut,
  forgetBuried,
  oldTombstones,
  openTombstones,
  REMOVED_BY_FORCE,
  removeTombstone,
} from '../../../state/model/tombstones.js';
import { requester, useTree } from './tree.js';

describe('tombstones', () => {
  const tree = useTree();
  const bury = async (incarnation: string | undefined, more: Partial<Buried> = {}): Promise<void> => {
    const life = { ...requester, ...(incarnation !== undefined && { incarnation }), ...more };
    await tree.one.transaction([await buryOperation(tree.one, 'f/0', life)]);
  };

  it('tell each life of a name from the others, until its agent has acted', async () => {
    await bury('aa', { isRemoval: true });
    await bury('bb', { by: 'eve@far' });
    assert.deepEqual(await forcedOut(tree.two, 'f/0', 'aa'), { ...requester, isRemoval: true });
    assert.deepEqual(await forcedOut(tree.two, 'f/0', 'bb'), { ...requester, by: 'eve@far' });
    assert.equal(await forcedOut(tree.two, 'f/0', 'cc'), undefined);
    await forgetBuried(tree.two, 'f/0', 'cc');
    await forgetBuried(tree.two, 'f/0', 'aa');
    assert.equal(await forcedOut(tree.two, 'f/0', 'aa'), undefined);
    assert.ok(await forcedOut(tree.two, 'f/0', 'bb'));
    await forgetBuried(tree.two, 'f/0', 'bb');
    assert.equal(await tree.one.get(paths.tombstone('f/0')), undefined);
  });

  it('are of any life where one of the two does not say which it is', async () => {
    await bury(undefined);
    assert.deepEqual(await forcedOut(tree.one, 'f/0', 'aa'), requester);
    await bury('aa');
    assert.deepEqual(await forcedOut(tree.one, 'f/0'), requester);
    await forgetBuried(tree.one, 'f/0', undefined);
    assert.equal(await tree.one.get(paths.tombstone('f/0')), undefined);
  });

  it('may be missing, as of earlier releases, whose history tells', async () => {
    await tree.one.remove(paths.tombstones);
    const entry = {
      id: 'x',
      at: requester.requestedAt,
      by: requester.by,
      what: REMOVED_BY_FORCE,
      outcome: 'done',
    };
    await tree.one.create(paths.serviceHistory('f'), nodeValue({ entries: [] }));
    await tree.one.create(paths.unitHistory('f/0'), nodeValue({ entries: [entry] }));
    assert.deepEqual(await forcedOut(tree.one, 'f/0', 'aa'), requester);
    await openTombstones(tree.one);
    await openTombstones(tree.two);
    await bury('bb');
    assert.deepEqual(await forcedOut(tree.one, 'f/0', 'bb'), requester);
  });

  it('go with a pruning when all that they tell is old', async () => {
    await bury('aa', { requestedAt: '2026-01-01T00:00:00.000Z' });
    await bury('bb', { requestedAt: '2026-03-01T00:00:00.000Z' });
    const [between, after] = ['2026-02-01T00:00:00.000Z', '2026-04-01T00:00:00.000Z'];
    assert.deepEqual(await oldTombstones(tree.one, between), []);
    assert.deepEqual(await oldTombstones(tree.one, after), ['f/0']);
    assert.equal(await removeTombstone(tree.one, 'f/0', between), false);
    assert.equal(await removeTombstone(tree.one, 'f/0', after), true);
    assert.equal(await removeTombstone(tree.one, 'f/0', after), false);
  });
});
