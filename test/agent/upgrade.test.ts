import assert from 'node:assert/strict';
import { access, readdir, readFile, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { paths } from '../../state/model/paths.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { requestResolved } from '../../control/unit/resolve.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { embedded, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';
import { hang, objectOf } from '../servers/hung-directory.js';
import { requester, World } from './world.js';

const LIVED = ['install 1', 'config-changed 1', 'start 1'];

/**
 * Has whoever reads the bundle of a revision wait until `serve` is called. From then on it is there for those only who
 * wait for it already: a second download finds nothing.
 */
async function slowBundle(world: World, revision: number): Promise<{ serve(): Promise<void> }> {
  const object = await objectOf(world.path('storage'), world.path(`f-${revision}.tar.gz`));
  const letGo = await hang(object);
  return {
    async serve() {
      await rename(object, `${object}.gone`);
      await letGo();
    },
  };
}

for (const engines of [embedded, zookeeper()])
  describe(`an upgrade on a machine, on ${engines.name}`, function () {
    this.timeout(120_000);
    before(() => engines.start());
    after(() => engines.stop());
    let world: World;
    beforeEach(async () => {
      world = await World.open(engines.environment());
    });
    afterEach(() => world.close());

    async function started(options: Parameters<World['publish']>[1] = {}, units = 1): Promise<string> {
      const one = await world.publish(1, options);
      await world.agent();
      const names = await world.deploy(one, units);
      for (const name of names) await world.untilOn(one, name);
      return one;
    }

    it('runs upgrade-formula as the first hook of the new formula, then config-changed', async () => {
      await started();
      const two = await world.publish(2, {
        hooks: { 'upgrade-formula': 'echo "$ENSEMBLE_FORMULA_FROM $ENSEMBLE_FORMULA_TO" >>"$trace"' },
      });
      await world.upgrade(two);
      const { status } = await world.untilOn(two);
      assert.equal(status.upgrade, undefined);
      await eventually(async () => {
        assert.deepEqual(await world.trace(), [
          ...LIVED,
          'upgrade-formula 2',
          'world:f-1 world:f-2',
          'config-changed 2',
        ]);
      });
    });

    it('keeps the data, and names what hooks wrote into the old formula, which is kept too', async () => {
      const one = await started({
        hooks: { install: 'echo ours >"$ENSEMBLE_DATA_DIR/book"; echo pid >run.pid' },
      });
      const two = await world.publish(2);
      await world.upgrade(two);
      await world.untilOn(two);
      assert.equal(await readFile(world.unitPath('f/0', 'data', 'book'), 'utf8'), 'ours\n');
      const kept = (await readdir(world.unitPath('f/0', '.formula'))).sort();
      assert.deepEqual(
        kept.map((name) => name.replace(/-[0-9a-f]{12}/, '')),
        ['1', '1.json', '2', '2.json'],
      );
      assert.equal(
        await readFile(world.unitPath('f/0', '.formula', kept[0] ?? '', 'run.pid'), 'utf8'),
        'pid\n',
      );
      assert.match(await readlink(world.unitPath('f/0', 'formula')), /\/2-/);
      assert.notEqual(one, two);
      await eventually(() => {
        const said = world.log.filter(({ unit }) => unit === 'f/0').map(({ message }) => message);
        const named = said.find((message) => message.includes('run.pid'));
        assert.match(
          named ?? '',
          /^what hooks left in world:f-1 stays in \/.*\/units\/f-0\/.formula\/1-\w+: they wrote run.pid$/,
        );
      });
    });

    it('leaves the unit serving, and its config changes handled, while the new formula downloads', async () => {
      await started({ config: 'options:\n  title:\n    type: string\n    default: none\n' });
      const two = await world.publish(2);
      const bundle = await slowBundle(world, 2);
      await world.upgrade(two);
      await eventually(async () => assert.equal((await world.unit()).status.upgrade?.step, 'fetching'));
      await setConfigValues(world.coordinator, 'f', { title: 'ours' });
      await eventually(async () => assert.deepEqual(await world.trace(), [...LIVED, 'config-changed 1']));
      const { status, unit, flag } = await world.until('started');
      assert.deepEqual([status.upgrade?.step, unit.formula], ['fetching', 'world:f-1']);
      assert.ok(flag, 'the flag stays until the upgrade is committed');
      await bundle.serve();
      await world.untilOn(two);
    });

    it('waits for storage that is away, says so, and goes on when it is back', async () => {
      const one = await started();
      const two = await world.publish(2);
      await rename(world.path('storage'), world.path('elsewhere'));
      await world.upgrade(two);
      await eventually(async () => {
        const { unit, status } = await world.unit();
        assert.deepEqual([unit.formula, status.state], [one, 'started']);
        assert.match(status.upgrade?.blockers?.[0]?.reason ?? '', /storage/);
      });
      await rename(world.path('elsewhere'), world.path('storage'));
      const { status } = await world.untilOn(two);
      assert.equal(status.message, '', 'the trouble is over');
    });

    it('never stages a bundle that is not what was published, and says so', async () => {
      const one = await started();
      const two = await world.publish(2);
      const bundles = world.path('storage', 'bundles');
      const bytes = await readFile(world.path('f-2.tar.gz'));
      for (const name of await readdir(bundles)) {
        const object = join(bundles, name);
        if ((await readFile(object)).equals(bytes)) {
          const wrong = Buffer.from(bytes);
          wrong[wrong.length - 20] = (wrong[wrong.length - 20] ?? 0) ^ 1;
          await rm(object);
          await writeFile(object, wrong);
        }
      }
      await world.upgrade(two);
      await eventually(async () => {
        assert.match((await world.unit()).status.message, /sha256/);
      });
      const { unit, status } = await world.unit();
      assert.deepEqual([unit.formula, status.state], [one, 'started']);
      assert.equal(
        (await readdir(world.unitPath('f/0', '.formula'))).length,
        2,
        'only the first formula is there',
      );
      assert.equal((await readdir(world.path('machines', 'm0', 'cache'))).length, 1);
      assert.deepEqual(await world.trace(), LIVED);
      await world.upgrade(await world.publish(3));
      await world.untilOn('world:f-3');
    });

    it('upgrades to a newer one still that is wanted while the first downloads, and only to that', async () => {
      await started();
      const two = await world.publish(2);
      const bundle = await slowBundle(world, 2);
      await world.upgrade(two);
      await eventually(async () => assert.equal((await world.unit()).status.upgrade?.step, 'fetching'));
      const three = await world.publish(3);
      await world.upgrade(three);
      await world.untilOn(three);
      await bundle.serve();
      assert.deepEqual(await world.trace(), [...LIVED, 'upgrade-formula 3', 'config-changed 3']);
    });

    it('upgrades once more for what is wanted while the upgrade hook runs', async () => {
      await started();
      const two = await world.publish(2, { hooks: { 'upgrade-formula': 'gate up' } });
      await world.upgrade(two);
      await eventually(async () => assert.equal((await world.trace()).at(-1), 'upgrade-formula 2'));
      await eventually(async () => assert.equal((await world.unit()).status.upgrade?.step, 'hook'));
      const three = await world.publish(3);
      await world.upgrade(three);
      await world.openGate('up');
      await world.untilOn(three);
      assert.deepEqual(await world.trace(), [
        ...LIVED,
        'upgrade-formula 2',
        'config-changed 2',
        'upgrade-formula 3',
        'config-changed 3',
      ]);
      assert.match(await readlink(world.unitPath('f/0', 'formula')), /\/3-/);
    });

    it('waits for the hook that runs', async () => {
      await started({
        config: 'options:\n  title:\n    type: string\n    default: none\n',
        hooks: { 'config-changed': '[ "$(config-get title)" = none ] || gate config; echo over >>"$trace"' },
      });
      await setConfigValues(world.coordinator, 'f', { title: 'ours' });
      await world.until('configuring');
      const two = await world.publish(2, {
        config: 'options:\n  title:\n    type: string\n    default: none\n',
      });
      await world.upgrade(two);
      await eventually(async () => {
        const { upgrade } = (await world.unit()).status;
        assert.equal(upgrade?.step, 'waiting');
        assert.match(upgrade.blockers?.[0]?.reason ?? '', /configuring/);
      });
      await world.openGate('config');
      await world.untilOn(two);
      assert.deepEqual((await world.trace()).slice(-4), [
        'config-changed 1',
        'over',
        'upgrade-formula 2',
        'config-changed 2',
      ]);
    });

    describe('whose hook fails', () => {
      let two: string;
      beforeEach(async () => {
        await started({ hooks: { install: 'echo ours >"$ENSEMBLE_DATA_DIR/book"' } });
        two = await world.publish(2, {
          hooks: { 'upgrade-formula': '[ -e "$TRACE/gate-mended" ] || { echo schema too old >&2; exit 1; }' },
        });
        await world.upgrade(two);
      });

      it('ends in upgrade-error: new formula on the disk, old one in the tree, and says what to do', async () => {
        const { unit, status, flag } = await world.until('upgrade-error');
        assert.match(status.message, /upgrade-formula.*schema too old/s);
        assert.match(status.next ?? '', /ensemble resolved --retry f\/0/);
        assert.equal(unit.formula, 'world:f-1');
        assert.ok(flag);
        assert.match(await readlink(world.unitPath('f/0', 'formula')), /\/2-/);
      });

      it('is completed by `resolved --retry`', async () => {
        await world.until('upgrade-error');
        await world.openGate('mended');
        await requestResolved(world.coordinator, 'f/0', true, requester);
        await world.untilOn(two);
        assert.deepEqual(await world.trace(), [
          ...LIVED,
          'upgrade-formula 2',
          'upgrade-formula 2',
          'config-changed 2',
        ]);
        assert.equal(await readFile(world.unitPath('f/0', 'data', 'book'), 'utf8'), 'ours\n');
      });

      it('fails again on a retry that does not help, and can be retried again', async () => {
        const first = (await world.until('upgrade-error')).status.since;
        await requestResolved(world.coordinator, 'f/0', true, requester);
        await eventually(async () => {
          const { status } = await world.unit();
          assert.ok(status.state === 'upgrade-error' && status.since !== first);
        });
        await world.openGate('mended');
        await eventually(() => requestResolved(world.coordinator, 'f/0', true, requester));
        await world.untilOn(two);
        assert.equal((await world.trace()).filter((line) => line === 'upgrade-formula 2').length, 3);
      });

      it('is accepted by `resolved`', async () => {
        await world.until('upgrade-error');
        await requestResolved(world.coordinator, 'f/0', false, requester);
        await world.untilOn(two);
        assert.deepEqual(await world.trace(), [...LIVED, 'upgrade-formula 2', 'config-changed 2']);
      });

      it('is left by force for a formula that mends it; the last good one stays the previous one', async () => {
        await world.until('upgrade-error');
        const three = await world.publish(3);
        await world.upgrade(three, ['f/0'], true);
        await world.untilOn(three);
        await eventually(async () => {
          const kept = (await readdir(world.unitPath('f/0', '.formula'))).filter(
            (name) => !name.endsWith('.json'),
          );
          assert.deepEqual(kept.map((name) => name.split('-')[0]).sort(), ['1', '3']);
        });
      });

      it('is not left for a newer formula without force, which waits and says so', async () => {
        await world.until('upgrade-error');
        const three = await world.publish(3);
        await world.upgrade(three);
        await eventually(() => access(world.unitPath('f/0', '.formula')));
        await eventually(async () => {
          const staged = await readdir(world.unitPath('f/0', '.formula'));
          assert.ok(
            staged.some((name) => name.startsWith('3-') && !name.endsWith('.json')),
            'it is prepared',
          );
        });
        assert.equal((await world.unit()).status.state, 'upgrade-error');
        await requestResolved(world.coordinator, 'f/0', false, requester);
        await world.untilOn(three);
      });

      it('removed then, the unit stops by the new formula', async () => {
        await world.until('upgrade-error');
        await requestRemoval(world.coordinator, ['f/0'], requester);
        await eventually(async () => assert.equal(await world.coordinator.get(paths.unit('f/0')), undefined));
        assert.equal((await world.trace()).at(-1), 'stop 2');
      });
    });

    it('by force, whose hook fails, fails once', async () => {
      await started();
      const two = await world.publish(2, { hooks: { 'upgrade-formula': 'exit 1' } });
      await world.upgrade(two, ['f/0'], true);
      await world.until('upgrade-error');
      // The unit would begin again at once; a config change that is answered shows that it has looked around.
      await requestResolved(world.coordinator, 'f/0', false, requester);
      await world.untilOn(two);
      assert.deepEqual(await world.trace(), [...LIVED, 'upgrade-formula 2', 'config-changed 2']);
    });

    it('of a unit in install-error, by force, takes the installation up again with the new formula', async () => {
      const one = await world.publish(1, { hooks: { install: 'exit 1' } });
      await world.agent();
      await world.deploy(one);
      await world.until('install-error');
      const two = await world.publish(2);
      await world.upgrade(two, ['f/0'], true);
      await world.untilOn(two);
      assert.deepEqual(await world.trace(), [
        'install 1',
        'upgrade-formula 2',
        'install 2',
        'config-changed 2',
        'start 2',
      ]);
    });

    it('of a unit whose first formula cannot be had: it installs the new one', async () => {
      const one = await world.publish(1);
      await rm(world.path('storage', 'bundles'), { recursive: true });
      await world.agent();
      await world.deploy(one);
      await eventually(async () => assert.notEqual((await world.unit()).status.message, ''));
      const two = await world.publish(2);
      await world.upgrade(two);
      await world.untilOn(two);
      assert.deepEqual(await world.trace(), ['install 2', 'config-changed 2', 'start 2']);
    });

    it('whose hook is not executable ends in upgrade-error and says which', async () => {
      await started();
      const two = await world.publish(2, { notExecutable: ['upgrade-formula'] });
      await world.upgrade(two);
      const { status } = await world.until('upgrade-error');
      assert.match(status.message, /upgrade-formula.*not executable/s);
      assert.match(status.next ?? '', /chmod \+x|ensemble/);
      assert.deepEqual(await world.trace(), LIVED);
      await requestResolved(world.coordinator, 'f/0', false, requester);
      await world.untilOn(two);
    });

    it('of ten units downloads the bundle once', async () => {
      await started({}, 10);
      const two = await world.publish(2);
      const bundle = await slowBundle(world, 2);
      const units = Array.from({ length: 10 }, (_, index) => `f/${index}`);
      await world.upgrade(two, units);
      await eventually(async () => {
        for (const unit of units) assert.equal((await world.unit(unit)).status.upgrade?.step, 'fetching');
      });
      await bundle.serve();
      for (const unit of units) await world.untilOn(two, unit);
    });
  });
