import assert from 'node:assert/strict';
import type { Coordinator } from '../../../state/coordination/coordinator.js';
import { nodeValue } from '../../../state/model/entity.js';
import { readServiceHistory } from '../../../state/model/history.js';
import { paths } from '../../../state/model/paths.js';
import type { ConfigValues } from '../../../state/model/service-schemas.js';
import { createService, readConfigValues } from '../../../state/model/services.js';
import { setConfigValues, undoConfigValues, type WantedValues } from '../../../control/config/set-config.js';
import { requester, useTree } from '../../state/model/tree.js';

const service = { formula: 'p:wiki-1', repository: { name: 'p', path: '/p' } };
const isSecret = (option: string): boolean => option === 'password';
const any = (): void => undefined;

describe('the config of a service', () => {
  const tree = useTree();
  beforeEach(() => createService(tree.one, 'wiki', service, { title: 'a' }));

  const set = (values: WantedValues, by: Coordinator = tree.one) =>
    setConfigValues(by, 'wiki', values, requester, isSecret);
  const undo = (by: Coordinator = tree.one, accept: Parameters<typeof undoConfigValues>[2] = any) =>
    undoConfigValues(by, 'wiki', accept, requester, isSecret);
  const values = (): Promise<ConfigValues> => readConfigValues(tree.one, 'wiki');
  const told = async () => (await readServiceHistory(tree.one, 'wiki')).map(({ message }) => message);

  it('has the version that its set gives', async () => {
    for (const title of ['b', 'c', 'd']) {
      const { version } = await set({ title });
      assert.equal((await tree.one.get(paths.config('wiki')))?.version, version);
    }
    const { version, changes } = await set({ title: 'd' });
    assert.deepEqual([version, changes], [3, {}], 'nothing is written where nothing changes');
    assert.equal((await tree.one.get(paths.config('wiki')))?.version, 3);
  });

  it('has its old and new values on record, and of secrets the names', async () => {
    await set({ title: 'b', port: 80 });
    await set({ title: undefined, password: 'hunter2', port: 81 });
    assert.deepEqual(await told(), [
      'title: "a" → "b", port: (default) → 80',
      'title: "b" → (default), password: (secret), port: 80 → 81',
    ]);
    const [, last] = await readServiceHistory(tree.one, 'wiki');
    assert.deepEqual(
      [last?.what, last?.outcome, last?.by, last?.details],
      [
        'set',
        'asked',
        'operator@test',
        { changes: { title: { from: 'b' }, password: { secret: true }, port: { from: 80, to: 81 } } },
      ],
    );
    assert.doesNotMatch(JSON.stringify(await readServiceHistory(tree.one, 'wiki')), /hunter2/);
  });

  it('has a bounded record of values without bound', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 50 }, (_, index) => [`option${index}`, 'x'.repeat(5_000)]),
    );
    await set(many);
    const node = await tree.one.get(paths.serviceHistory('wiki'));
    assert.ok((node?.value.length ?? 0) < 3_000, `${node?.value.length} characters`);
    const [entry] = await readServiceHistory(tree.one, 'wiki');
    assert.match(JSON.stringify(entry), /"option9":\{"to":"x{60}…"\}.*"option29"/);
  });

  it('goes back by undo, also secrets, and undone twice it is as before both', async () => {
    await set({ password: 'hunter2', port: 80 });
    await set({ title: 'b', password: 'other', port: undefined });
    assert.deepEqual(Object.keys((await undo()).changes), ['title', 'password', 'port']);
    assert.deepEqual(await values(), { title: 'a', password: 'hunter2', port: 80 });
    await undo();
    assert.deepEqual(await values(), { title: 'b', password: 'other' });
    assert.match((await told()).at(-1) ?? '', /^undo: title: "a" → "b", password: \(secret\), port: 80 →/);
  });

  it('goes back by undo to what was not set', async () => {
    await set({ port: 80 });
    await undo();
    assert.deepEqual(await values(), { title: 'a' });
  });

  describe('is not undone', () => {
    it('where nothing was set', async () => {
      await assert.rejects(undo(), { code: 'nothing-to-undo' });
    });

    it('where it was set last by a release that kept nothing', async () => {
      await set({ title: 'b' });
      await tree.one.set(paths.config('wiki'), nodeValue({ title: 'c' }));
      await assert.rejects(undo(), /by a release that keeps no values of before/);
      assert.deepEqual(await values(), { title: 'c' });
    });

    it('where what it replaced was too much to keep, which keeps nobody from setting', async () => {
      await set({ title: 'x'.repeat(100_000) });
      await set({ title: 'b' });
      await assert.rejects(undo(), /too large to be kept/);
    });

    it('where what it would set is refused', async () => {
      await set({ title: 'b' });
      const refuse = (): never => {
        throw new Error('unfit');
      };
      await assert.rejects(undo(tree.one, refuse), /unfit/);
      assert.deepEqual(await values(), { title: 'b' });
    });

    it('where somebody sets in the same moment: what was seen last is not last any more', async () => {
      await set({ title: 'b' });
      let others: Promise<unknown> | undefined;
      const setting = new Proxy(tree.one, {
        get(target, key) {
          const value = Reflect.get(target, key);
          if (key !== 'transaction') return typeof value === 'function' ? value.bind(target) : value;
          return async (operations: Parameters<Coordinator['transaction']>[0]) => {
            others ??= set({ port: 80 }, tree.two);
            await others;
            return target.transaction(operations);
          };
        },
      });
      await assert.rejects(undo(setting), { code: 'set-meanwhile', by: 'operator@test' });
      assert.deepEqual(await values(), { title: 'b', port: 80 });
    });

    it('where what it replaced is damaged, which keeps nobody from setting', async () => {
      await set({ title: 'b' });
      await tree.one.set(paths.replacedConfig('wiki'), '{');
      await assert.rejects(undo(), { code: 'nothing-to-undo' });
      await set({ title: 'c' });
      await undo();
      assert.deepEqual(await values(), { title: 'b' });
    });
  });

  it('keeps all of what many set at once, and undo takes the last of it back alone', async () => {
    const sets = Array.from({ length: 8 }, (_, index) =>
      set({ [`k${index}`]: true }, index % 2 === 0 ? tree.one : tree.two),
    );
    const versions = (await Promise.all(sets)).map(({ version }) => version);
    assert.deepEqual(
      [...versions].sort((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
    const last = versions.indexOf(8);
    await undo();
    assert.deepEqual(Object.keys(await values()).sort(), [
      ...Array.from({ length: 8 }, (_, index) => `k${index}`).filter((_, index) => index !== last),
      'title',
    ]);
  });
});
