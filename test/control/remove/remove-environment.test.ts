import assert from 'node:assert/strict';
import { removeTree } from '../../../control/remove/remove-environment.js';
import type { Coordinator } from '../../../state/coordination/coordinator.js';
import { bootstrapTree } from '../../../state/model/layout.js';
import { paths } from '../../../state/model/paths.js';
import { addMachine, useTree } from '../../state/model/tree.js';

/** A client that lets others do something right before its write of that number, counted from 0. */
function interrupted(coordinator: Coordinator, number: number, meanwhile: () => Promise<void>): Coordinator {
  let writes = 0;
  return new Proxy(coordinator, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (!(member instanceof Function)) return member;
      if (!['transaction', 'remove'].includes(String(name))) return member.bind(target);
      return async (...args: readonly unknown[]) => {
        if (writes++ === number) await meanwhile();
        return member.apply(target, args);
      };
    },
  });
}

describe('the removal of an environment', function () {
  this.timeout(60_000);
  const tree = useTree();

  for (const [number, moment] of [
    [1, 'what stands there'],
    [2, 'the end'],
  ] as const)
    it(`leaves the one alone that is made after another removal was faster, before ${moment}`, async () => {
      await addMachine(tree.one, 'm0', false);
      let others = 0;
      const late = interrupted(tree.one, number, async () => {
        others += 1;
        await removeTree(tree.two);
        await bootstrapTree(tree.two, 'made-since');
        await addMachine(tree.two, 'm1', false);
      });
      await removeTree(late);
      assert.equal(others, 1);
      assert.match((await tree.two.get(paths.layout))?.value ?? '', /made-since/);
      assert.ok(await tree.two.get(paths.machine('m1')));
      assert.equal(await tree.two.get(paths.unfinished), undefined);
    });

  it('takes everything, also where a layout says no id', async () => {
    await tree.one.set(paths.layout, '{');
    await removeTree(tree.one);
    assert.deepEqual(await tree.one.children('/'), []);
  });
});
