import assert from 'node:assert/strict';
import { upgradeEnvironment } from '../../../control/environment/upgrade-environment.js';
import { cordonMachine } from '../../../control/cordon.js';
import { holdUpgrade } from '../../../control/hold/hold.js';
import type { Coordinator } from '../../../state/coordination/coordinator.js';
import { nodeValue, readEntity } from '../../../state/model/entity.js';
import { newestLayout, readable } from '../../../state/model/layout-known.js';
import { paths } from '../../../state/model/paths.js';
import { layoutSchema } from '../../../state/model/environment-schemas.js';
import { treeRoots } from '../../../state/model/tree-roots.js';
import { embedded, type Engines, zookeeper } from '../../e2e/engines.js';
import { World } from '../../agent/world.js';
import { addService, now, requester } from '../../state/model/tree.js';

const environment = { name: 'world', state: '', storage: '' };
const hold = { level: 'all', until: undefined, reason: 'disks' } as const;
/** What release 0.1.0 made in a new tree. */
const rootsOfThen = ['/machines', '/formulas', '/services', '/units', '/unplaced', '/relations', '/logs'];

for (const engines of [embedded, zookeeper()] satisfies readonly Engines[])
  describe(`upgrading an environment of release 0.1.0 on ${engines.name}`, function () {
    this.timeout(120_000);
    let world: World;
    let tree: Coordinator;
    before(() => engines.start());
    after(() => engines.stop());
    beforeEach(async () => {
      world = await World.open(engines.environment());
      tree = world.coordinator;
      await addService(tree, 'f');
      for (const root of treeRoots)
        if (!rootsOfThen.includes(root) && root !== paths.numbers && root !== paths.history)
          await tree.remove(root);
      await tree.set(
        paths.layout,
        nodeValue({ level: 1, sublevel: 0, minReader: 1, environment: 'e', keepRemoved: 5 }),
      );
      await machine('m0', { version: '0.2.0', ...readable() });
    });
    afterEach(() => world.close());

    async function machine(name: string, facts: object): Promise<void> {
      await tree.create(paths.machine(name), nodeValue({ hostname: name, ...facts }));
      await tree.create(paths.machineUnits(name), '{}');
    }
    const layout = async () => (await readEntity(tree, paths.layout, layoutSchema))?.value;
    const upgrade = (coordinator = tree, before = async (): Promise<void> => undefined) =>
      upgradeEnvironment({ coordinator, environment }, requester, { before });

    /** The tree, in which somebody is faster than the first transaction that writes the layout. */
    function racing(faster: () => Promise<void>): Coordinator {
      let isFirst = true;
      return new Proxy(tree, {
        get(_target, name: keyof Coordinator) {
          const found = tree[name];
          if (typeof found !== 'function') return found;
          return async (...args: readonly unknown[]) => {
            const isRace = name === 'transaction' && isFirst && writesLayout(args[0]);
            if (isRace) isFirst = false;
            if (isRace) await faster();
            return Reflect.apply(found, tree, args);
          };
        },
      });
    }

    const writesLayout = (operations: unknown): boolean =>
      Array.isArray(operations) &&
      operations.some(({ kind, path }) => kind === 'set' && path === paths.layout);

    it('turns on what 0.1.0 would misread, for good, and keeps all else that stands there', async () => {
      await assert.rejects(holdUpgrade(tree, 'f', hold, requester), {
        code: 'feature-off',
        feature: 'holds',
      });
      const before = await tree.get(paths.hold('f'));
      assert.equal(before, undefined, 'nothing was written');
      const { plan, late } = await upgrade();
      assert.deepEqual(
        [plan.state, plan.features, late],
        ['needed', ['canary', 'clone', 'holds', 'lockstep'], []],
      );
      assert.deepEqual(await layout(), { ...newestLayout, environment: 'e', keepRemoved: 5 });
      for (const root of treeRoots) assert.ok(await tree.get(root), `${root} is there`);
      await holdUpgrade(tree, 'f', hold, requester);
      assert.equal((await upgrade()).plan.state, 'current');
    });

    it('is exported first, once, and not where nothing is to be done', async () => {
      let asked = 0;
      const before = async (): Promise<void> => {
        asked += 1;
        assert.equal((await layout())?.level, 1, 'it is as it was');
      };
      await upgrade(tree, before);
      await upgrade(tree, before);
      assert.equal(asked, 1);
    });

    it('is not done where the export fails', async () => {
      await assert.rejects(
        upgrade(tree, () => Promise.reject(new Error('no room'))),
        /no room/,
      );
      assert.equal((await layout())?.level, 1);
    });

    it('names every machine that is behind, those that are down too, and changes nothing', async () => {
      await machine('old', {});
      await tree.create(paths.agent('old'), nodeValue({ pid: 1, version: '0.1.0', since: now }), {
        ephemeral: true,
      });
      await machine('down', {});
      await assert.rejects(upgrade(), {
        code: 'machines-behind',
        exitCode: 3,
        message:
          'environment world cannot be upgraded yet: down (down) lacks layout 3, canary, clone, holds, lockstep; ' +
          'old (Ensemble 0.1.0, up) lacks layout 3, canary, clone, holds, lockstep',
        next:
          'install the newer Ensemble there, restart the agent, and run the command again; ' +
          'a machine that is lost for good: ensemble remove-machine down',
      });
      assert.equal((await layout())?.level, 1);
    });

    it('does not miss a machine that an older agent takes in the same moment', async () => {
      // Release 0.1.0 writes the whole node anew.
      const faster = () => tree.set(paths.machine('m0'), nodeValue({ hostname: 'm0' })).then(() => undefined);
      await assert.rejects(upgrade(racing(faster)), { code: 'machines-behind' });
      assert.equal((await layout())?.level, 1);
    });

    it('goes on where a machine changed otherwise, or another operator was faster', async () => {
      const cordoned = async (): Promise<void> => {
        await cordonMachine(tree, 'm0', { since: now, by: 'ann@desk' });
      };
      await upgrade(racing(cordoned));
      assert.equal((await layout())?.level, newestLayout.level);
      const version = (await tree.get(paths.layout))?.version;
      assert.equal((await upgrade()).plan.state, 'current');
      assert.equal((await tree.get(paths.layout))?.version, version);
    });

    it('is done once where two do it', async () => {
      const version = (await tree.get(paths.layout))?.version ?? 0;
      await upgrade(racing(async () => void (await upgrade())));
      assert.equal((await tree.get(paths.layout))?.version, version + 1);
    });

    it('names a machine that an older agent adds in the same moment', async () => {
      const { late } = await upgrade(racing(() => machine('late', {})));
      assert.deepEqual(
        late.map((each) => each.machine),
        ['late'],
      );
    });
  });
