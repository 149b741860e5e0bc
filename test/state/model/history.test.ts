import assert from 'node:assert/strict';
import type { Coordinator } from '../../../state/coordination/coordinator.js';
import { OutcomeUnknown } from '../../../state/coordination/errors.js';
import { setExposed } from '../../../control/exposure.js';
import { readServiceHistory } from '../../../state/model/history.js';
import { removeRelation } from '../../../control/remove/remove-relation.js';
import { setConfigValues } from '../../../control/config/set-config.js';
import { addRelatable, relate } from './relation-tree.js';
import { addService, requester, useTree } from './tree.js';

/** Loses the answer to the next transaction: applied, or not. */
function losing(coordinator: Coordinator, applied: boolean): Coordinator {
  let lost = false;
  return new Proxy(coordinator, {
    get(target, key) {
      const value = Reflect.get(target, key);
      if (key !== 'transaction') return typeof value === 'function' ? value.bind(target) : value;
      return async (operations: Parameters<Coordinator['transaction']>[0]) => {
        if (lost) return target.transaction(operations);
        lost = true;
        if (applied) await target.transaction(operations);
        throw new OutcomeUnknown({ path: 'transaction' });
      };
    },
  });
}

describe('the history of requests', () => {
  const tree = useTree();
  const told = async (service: string): Promise<readonly string[]> =>
    (await readServiceHistory(tree.one, service)).map(({ what, message = '' }) =>
      `${what} ${message}`.trim(),
    );

  for (const applied of [true, false]) {
    it(`holds each once, where the answer was lost and it ${applied ? 'stands' : 'does not stand'}`, async () => {
      await addService(tree.one, 'wiki');
      await setExposed(losing(tree.one, applied), 'wiki', true, requester);
      await setConfigValues(losing(tree.one, applied), 'wiki', { a: 1 }, requester);
      assert.deepEqual(await told('wiki'), ['expose', 'set a: (secret)']);
    });
  }

  it('holds nothing of what was refused', async () => {
    await addService(tree.one, 'wiki');
    await assert.rejects(setExposed(tree.one, 'viki', true, requester));
    await assert.rejects(setConfigValues(tree.one, 'viki', { a: 1 }, requester));
    assert.deepEqual([...(await told('wiki')), ...(await told('viki'))], []);
  });

  it('holds those of many at once', async () => {
    await addService(tree.one, 'wiki');
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        setConfigValues(index % 2 === 0 ? tree.one : tree.two, 'wiki', { [`k${index}`]: true }, requester),
      ),
    );
    assert.deepEqual(
      [...(await told('wiki'))].sort(),
      Array.from({ length: 8 }, (_, index) => `set k${index}: (secret)`),
    );
  });

  it('holds the end of a relation for both services', async () => {
    await addRelatable(tree.one, 'blog', { requires: { db: 'mysql' } });
    await addRelatable(tree.one, 'mysql', { provides: { server: 'mysql' } });
    const { number } = await relate(tree.one, 'blog', 'mysql');
    await removeRelation(tree.one, number, requester);
    for (const service of ['blog', 'mysql'])
      assert.deepEqual((await told(service)).at(-1), 'remove-relation blog:db mysql:server');
  });
});
