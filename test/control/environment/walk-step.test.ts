import assert from 'node:assert/strict';
import { previewUpgrade, upgradeEnvironment } from '../../../control/environment/upgrade-environment.js';
import { exportText, parseExport } from '../../../control/export/export-text.js';
import { readTree } from '../../../control/export/read-tree.js';
import { removeTree } from '../../../control/remove/remove-environment.js';
import type { Coordinator, Operation } from '../../../state/coordination/coordinator.js';
import { nodeValue, readEntity } from '../../../state/model/entity.js';
import { layoutSchema } from '../../../state/model/environment-schemas.js';
import { newestLayout } from '../../../state/model/layout-known.js';
import { paths } from '../../../state/model/paths.js';
import { treeRoots } from '../../../state/model/tree-roots.js';
import { World } from '../../agent/world.js';
import { embedded, type Engines, zookeeper } from '../../e2e/engines.js';
import { requester } from '../../state/model/tree.js';
import { makeOldTree, oldLayout, treeDigest } from './old-tree.js';

const environment = { name: 'world', state: '', storage: '' };
const bob = { ...requester, by: 'bob@desk' };
/** Entities of one batch. */
const most = 2;
const OLD = { services: 3, relations: 3, units: 3 };
const ALL = OLD.services + OLD.relations + OLD.services * OLD.units;

class Killed extends Error {}

for (const engines of [embedded, zookeeper()] satisfies readonly Engines[])
  describe(`changing the shape of an environment on ${engines.name}`, function () {
    this.timeout(120_000);
    let world: World;
    let tree: Coordinator;
    before(() => engines.start());
    after(() => engines.stop());
    beforeEach(async () => {
      world = await World.open(engines.environment());
      tree = world.coordinator;
      await makeOldTree(tree, OLD);
    });
    afterEach(() => world.close());

    async function machine(name: string, facts: object): Promise<void> {
      await tree.create(paths.machine(name), nodeValue({ hostname: name, ...facts }));
      await tree.create(paths.machineUnits(name), '{}');
    }
    const upgrade = (coordinator = tree, by = requester) =>
      upgradeEnvironment({ coordinator, environment }, by, { most });
    const preview = () => previewUpgrade({ coordinator: tree, environment });
    const layout = async () => (await readEntity(tree, paths.layout, layoutSchema))?.value;

    /** The tree as one operator sees it, who is told of each transaction before it and after. */
    function heard(hear: (operations: readonly Operation[], isDone: boolean) => Promise<void>): Coordinator {
      return new Proxy(tree, {
        get(_target, name: keyof Coordinator) {
          const found = tree[name];
          if (typeof found !== 'function') return found;
          if (name !== 'transaction' && name !== 'remove') return found.bind(tree);
          return async (first: string | readonly Operation[], ...more: readonly unknown[]) => {
            const operations = typeof first === 'string' ? [{ kind: 'remove', path: first } as const] : first;
            await hear(operations, false);
            await Reflect.apply(found, tree, [first, ...more]);
            await hear(operations, true);
          };
        },
      });
    }

    /** An operator who is killed at a write, before it or after. */
    function killedAt(write: number, moment: 'before' | 'after'): Coordinator {
      let writes = 0;
      return heard(async (_operations, isDone) => {
        if (!isDone) writes += 1;
        if (writes === write && isDone === (moment === 'after')) throw new Killed();
      });
    }

    const lives = async (): Promise<readonly (string | undefined)[]> =>
      [...(await readTree(tree))].flatMap(([path, { value }]) =>
        /^\/(services|relations|units)\/[^/]+$/.test(path) ? [JSON.parse(value).incarnation] : [],
      );

    it('gives everything an incarnation in bounded batches, touches nothing else, and says so last', async () => {
      const before = await readTree(tree);
      const batches: (readonly Operation[])[] = [];
      let isRaised = false;
      const { changed, skipped } = await upgrade(
        heard(async (operations, isDone) => {
          if (isDone) return;
          batches.push(operations);
          if (operations.some(({ path }) => path === paths.layout && !isRaised)) {
            isRaised = operations.some(({ kind, path }) => kind === 'set' && path === paths.layout);
            if (isRaised) assert.ok((await lives()).every((life) => life !== undefined));
          }
        }),
      );
      assert.deepEqual([changed, skipped], [ALL, []]);
      assert.ok(isRaised);
      assert.ok(batches.every((operations) => operations.length <= Math.max(1 + 3 * most, treeRoots.length)));
      assert.ok(batches.length > ALL / most);
      assert.deepEqual(await layout(), { ...newestLayout, environment: 'e' });
      const found = await lives();
      assert.deepEqual(
        found.map((life) => /^[0-9a-f]{12}$/.test(life ?? '')),
        Array.from({ length: ALL }, () => true),
      );
      assert.equal(new Set(found).size, ALL, 'each has one of its own');
      const after = await readTree(tree);
      for (const [path, node] of before) {
        if (/^\/(layout|history|(services|relations|units)\/[^/]+$|machines\/m0\/units\/)/.test(path))
          continue;
        assert.deepEqual(after.get(path), node, path);
      }
      const service = JSON.parse(after.get('/services/s0')?.value ?? '');
      const unit = JSON.parse(after.get('/units/s0-0')?.value ?? '');
      assert.deepEqual([service.later, service.adopted, unit.adopted], ['kept', true, true]);
      assert.ok(after.has(paths.life('s0/0', unit.incarnation)));
      assert.deepEqual(JSON.parse(after.get('/machines/m0/units/s0-0')?.value ?? ''), {
        incarnation: unit.incarnation,
        adopted: true,
      });
      assert.equal(await tree.get(paths.layoutStep), undefined);
      assert.equal((await preview()).state, 'current');
    });

    it('comes to the same wherever it was killed, and whoever goes on with it', async () => {
      const small = { services: 2, relations: 1, units: 2 };
      const makeAnew = async (): Promise<void> => {
        await removeTree(tree);
        for (const root of treeRoots) await tree.create(root, root === paths.relations ? '{"next":0}' : '{}');
        await tree.create(paths.layout, '{}');
        await makeOldTree(tree, small);
      };
      await makeAnew();
      const fresh = await treeDigest(tree);
      let writes = 0;
      await upgrade(
        heard(async (_operations, isDone) => {
          if (!isDone) writes += 1;
        }),
      );
      const undisturbed = await treeDigest(tree);
      assert.equal(writes, 8, 'four batches, and what begins and ends them');
      for (let write = 1; write <= writes; write += 1)
        for (const moment of ['before', 'after'] as const) {
          await makeAnew();
          assert.equal(await treeDigest(tree), fresh);
          const where: string = `killed ${moment} write ${write} of ${writes}`;
          await assert.rejects(upgrade(killedAt(write, moment)), Killed, where);
          await upgrade(tree, bob);
          assert.equal(await treeDigest(tree), undisturbed, where);
        }
    });

    it('is told while it is half done, and refuses nothing to whoever works there', async () => {
      await assert.rejects(upgrade(killedAt(4, 'after')), Killed);
      const { state, from, step } = await preview();
      assert.deepEqual([state, from.level], ['needed', 1]);
      assert.deepEqual(step, {
        level: newestLayout.level,
        since: requester.requestedAt,
        by: requester.by,
        of: ALL,
        looked: 5,
        changed: 5,
      });
      assert.deepEqual(await layout(), oldLayout, 'older programs may work there still');
      const { nodes } = parseExport(
        exportText({
          exportedAt: requester.requestedAt,
          by: bob.by,
          nodes: new Map([...(await readTree(tree))].map(([path, { value }]) => [path, value])),
        }),
        'x',
      );
      assert.ok(nodes.has(paths.layout) && !nodes.has(paths.layoutStep), 'a copy begins anew');
      assert.equal((await upgrade(tree, bob)).changed, ALL);
      const { value = '' } = (await tree.get(paths.environmentHistory)) ?? {};
      assert.match(value, /bob@desk/);
      assert.match(value, /layout 1 to 3, with [^"]*, begun by operator@test"/);
    });

    it('is done once where two do it', async () => {
      const both = await Promise.all([upgrade(), upgrade(tree, bob)]);
      assert.deepEqual(
        both.map(({ skipped, late }) => [skipped, late]),
        [
          [[], []],
          [[], []],
        ],
      );
      const found = await readTree(tree);
      for (const [path, { version }] of found)
        if (/^\/(services|relations|units)\/[^/]+$/.test(path)) assert.equal(version, 1, path);
      assert.equal([...found.keys()].filter((path) => path.includes('/life-')).length, 9);
      assert.equal((await preview()).state, 'current');
    });

    it('is not begun where a machine is behind, nor finished; what is done of it stands', async () => {
      await machine('old', {});
      await assert.rejects(upgrade(), { code: 'machines-behind' });
      assert.equal(await tree.get(paths.layoutStep), undefined);
      await tree.remove(paths.machineUnits('old'));
      await tree.remove(paths.machine('old'));
      let isFirst = true;
      const joined = heard(async (operations) => {
        if (!isFirst || !operations.some(({ path }) => path === paths.relation('0'))) return;
        isFirst = false;
        await machine('old', {});
      });
      await assert.rejects(upgrade(joined), { code: 'machines-behind' });
      assert.deepEqual(await layout(), oldLayout);
      const { state, step } = await preview();
      assert.deepEqual([state, step?.changed], ['blocked', ALL]);
      await tree.remove(paths.machineUnits('old'));
      await tree.remove(paths.machine('old'));
      assert.equal((await upgrade()).changed, ALL);
      assert.equal((await layout())?.level, newestLayout.level);
    });

    it('finds what an older command makes meanwhile, up to the last moment', async () => {
      const made = new Set<string>();
      const late = async (service: string): Promise<void> => {
        if (made.has(service)) return;
        made.add(service);
        const value = JSON.parse((await tree.get(paths.service('s0')))?.value ?? '');
        const { incarnation: _, adopted: __, ...own } = value;
        await tree.create(paths.service(service), nodeValue({ ...own, change: service }));
      };
      await upgrade(
        heard(async (operations, isDone) => {
          if (operations.some(({ path }) => path === paths.unit('s0/0'))) await late('a');
          if (!isDone && operations.some(({ kind, path }) => kind === 'set' && path === paths.layout))
            await late('b');
        }),
      );
      assert.deepEqual([...made], ['a', 'b']);
      for (const service of made) {
        const { incarnation } = JSON.parse((await tree.get(paths.service(service)))?.value ?? '');
        assert.match(incarnation ?? '', /^[0-9a-f]{12}$/, service);
      }
      assert.equal(await tree.get(paths.layoutStep), undefined);
    });

    it('goes by what was written meanwhile, and leaves what cannot be read as it is', async () => {
      await tree.set(paths.service('s1'), '{"formula":');
      let isFirst = true;
      const { skipped, changed } = await upgrade(
        heard(async (operations, isDone) => {
          if (!isFirst || isDone || !operations.some(({ path }) => path === paths.unit('s0/0'))) return;
          isFirst = false;
          const value = JSON.parse((await tree.get(paths.unit('s0/0')))?.value ?? '');
          await tree.set(paths.unit('s0/0'), nodeValue({ ...value, ports: ['80/tcp'] }));
        }),
      );
      assert.ok(!isFirst);
      assert.deepEqual([skipped.map(({ path }) => path), changed], [[paths.service('s1')], ALL - 1]);
      assert.equal((await tree.get(paths.service('s1')))?.value, '{"formula":');
      const unit = JSON.parse((await tree.get(paths.unit('s0/0')))?.value ?? '');
      assert.deepEqual([unit.ports, unit.adopted], [['80/tcp'], true]);
    });

    it('is left to the newer release that began one, and goes with the environment', async () => {
      await assert.rejects(upgrade(killedAt(3, 'after')), Killed);
      const { value = '', version } = (await tree.get(paths.layoutStep)) ?? {};
      await tree.set(paths.layoutStep, nodeValue({ ...JSON.parse(value), level: 9 }), version);
      await assert.rejects(upgrade(), { code: 'layout-too-new' });
      await removeTree(tree);
      assert.equal(await tree.get(paths.layout), undefined);
    });
  });
