import assert from 'node:assert/strict';
import { access, readFile, readlink } from 'node:fs/promises';
import { paths } from '../../state/model/paths.js';
import { requestRemoval } from '../../control/remove/remove-units.js';
import { destroyService } from '../../control/remove/destroy-service.js';
import { requestResolved } from '../../control/unit/resolve.js';
import { setConfigValues } from '../../control/config/set-config.js';
import { embedded, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';
import { requester, World } from './world.js';

const CONFIG = 'options:\n  title:\n    type: string\n    default: none\n    description: A title\n';

for (const engines of [embedded, zookeeper()])
  describe(`a unit on its machine, on ${engines.name}`, function () {
    this.timeout(120_000);
    before(() => engines.start());
    after(() => engines.stop());
    let world: World;
    beforeEach(async () => {
      world = await World.open(engines.environment());
    });
    afterEach(() => world.close());

    it('installs, takes its config and starts, in this order', async () => {
      const one = await world.publish(1);
      await world.agent();
      await world.deploy(one);
      await world.untilOn(one);
      assert.deepEqual(await world.trace(), ['install 1', 'config-changed 1', 'start 1']);
    });

    it('runs config-changed once for a change, with the new value', async () => {
      const one = await world.publish(1, {
        config: CONFIG,
        hooks: { 'config-changed': 'echo "title $(config-get title)" >>"$trace"' },
      });
      await world.agent();
      await world.deploy(one);
      await world.untilOn(one);
      await setConfigValues(world.coordinator, 'f', { title: 'ours' });
      await eventually(async () => assert.equal((await world.trace()).at(-1), 'title ours'));
      await world.untilOn(one);
      assert.deepEqual(await world.trace(), [
        'install 1',
        'config-changed 1',
        'title none',
        'start 1',
        'config-changed 1',
        'title ours',
      ]);
    });

    it('runs config-changed again for a change that comes while it runs', async () => {
      const one = await world.publish(1, {
        config: CONFIG,
        hooks: {
          'config-changed':
            'title=$(config-get title); echo "saw $title" >>"$trace"; [ "$title" = none ] || gate "$title"',
        },
      });
      await world.agent();
      await world.deploy(one);
      await world.untilOn(one);
      await setConfigValues(world.coordinator, 'f', { title: 'first' });
      await eventually(async () => assert.equal((await world.trace()).at(-1), 'saw first'));
      await setConfigValues(world.coordinator, 'f', { title: 'second' });
      await world.openGate('first');
      await world.openGate('second');
      await eventually(async () => assert.equal((await world.trace()).at(-1), 'saw second'));
      await world.untilOn(one);
      assert.deepEqual((await world.trace()).slice(4), [
        'config-changed 1',
        'saw first',
        'config-changed 1',
        'saw second',
      ]);
    });

    it('taken as done, a config-changed that failed is not run again for the same config', async () => {
      const one = await world.publish(1, {
        config: CONFIG,
        hooks: {
          'config-changed': '[ "$(config-get title)" != bad ] || { echo no such title >&2; exit 3; }',
        },
      });
      await world.agent();
      await world.deploy(one);
      await world.untilOn(one);
      await setConfigValues(world.coordinator, 'f', { title: 'bad' });
      const { status } = await world.until('config-error');
      assert.match(status.message, /config-changed.*no such title/s);
      assert.match(status.next ?? '', /ensemble resolved --retry f\/0/);
      await requestResolved(world.coordinator, 'f/0', false, requester);
      await world.until('started');
      await setConfigValues(world.coordinator, 'f', { title: 'good' });
      await eventually(async () => assert.equal((await world.trace()).length, 5));
      await world.untilOn(one);
      assert.deepEqual((await world.trace()).slice(3), ['config-changed 1', 'config-changed 1']);
    });

    for (const [hook, state, rest] of [
      ['install', 'install-error', ['config-changed 1', 'start 1']],
      ['config-changed', 'start-error', ['start 1']],
      ['start', 'start-error', []],
    ] as const) {
      it(`a failing ${hook} ends in ${state}; --retry runs it again and goes on`, async () => {
        const one = await world.publish(1, { hooks: { [hook]: '[ -e "$TRACE/gate-mended" ]' } });
        await world.agent();
        await world.deploy(one);
        await world.until(state);
        const before = await world.trace();
        assert.equal(before.at(-1), `${hook} 1`);
        await world.openGate('mended');
        await requestResolved(world.coordinator, 'f/0', true, requester);
        await world.untilOn(one);
        assert.deepEqual((await world.trace()).slice(before.length), [`${hook} 1`, ...rest]);
        await eventually(async () => {
          assert.equal(
            await world.coordinator.get(paths.resolved('f/0')),
            undefined,
            'the request is taken off',
          );
        });
      });
    }

    it('says which hook is not executable', async () => {
      const one = await world.publish(1, { hooks: { install: 'chmod -x hooks/start' } });
      await world.agent();
      await world.deploy(one);
      const { status } = await world.until('start-error');
      assert.match(status.message, /hooks\/start.*not executable|not executable.*hooks\/start/s);
    });

    it('removed: runs stop, and nothing of it is left on the disk and in the tree', async () => {
      const one = await world.publish(1, { hooks: { stop: 'test -d "$ENSEMBLE_DATA_DIR"' } });
      await world.agent();
      await world.deploy(one, 2);
      await world.untilOn(one);
      await world.untilOn(one, 'f/1');
      await requestRemoval(world.coordinator, ['f/0'], requester);
      await eventually(async () => assert.equal(await world.coordinator.get(paths.unit('f/0')), undefined));
      await eventually(() => assert.rejects(access(world.unitPath('f/0'))));
      assert.equal((await world.trace()).at(-1), 'stop 1');
      assert.deepEqual(await world.coordinator.children(paths.machineUnits('m0')), ['f-1']);
      assert.deepEqual(await world.coordinator.children(paths.serviceUnits('f')), ['f-1']);
      assert.equal((await world.unit('f/1')).status.state, 'started');
    });

    it('removed while its formula cannot be had: goes without waiting for it', async () => {
      const one = await world.publish(1);
      await world.agent({
        environment: { name: 'world', state: world.state, storage: `file:${world.path('nowhere')}` },
      });
      await world.deploy(one);
      await eventually(async () => assert.notEqual((await world.unit()).status.message, ''));
      await requestRemoval(world.coordinator, ['f/0'], requester);
      await eventually(async () => assert.equal(await world.coordinator.get(paths.unit('f/0')), undefined));
      assert.deepEqual(await world.trace(), []);
    });

    for (const hook of ['install', 'start', 'stop'] as const) {
      it(`removed while in error after ${hook}`, async () => {
        const one = await world.publish(1, { hooks: { [hook]: 'exit 1' } });
        await world.agent();
        await world.deploy(one);
        await world.until(
          hook === 'install' ? 'install-error' : hook === 'start' ? 'start-error' : 'started',
        );
        await requestRemoval(world.coordinator, ['f/0'], requester);
        if (hook === 'stop') {
          await world.until('stop-error');
          await requestResolved(world.coordinator, 'f/0', false, requester);
        }
        await eventually(async () => assert.equal(await world.coordinator.get(paths.unit('f/0')), undefined));
        await eventually(() => assert.rejects(access(world.unitPath('f/0'))));
        assert.equal((await world.trace()).includes('stop 1'), hook !== 'install');
      });
    }

    it('a destroyed service is gone with its last unit', async () => {
      const one = await world.publish(1);
      await world.agent();
      await world.deploy(one, 3);
      await world.untilOn(one, 'f/2');
      await destroyService(world.coordinator, 'f', requester);
      await eventually(async () => {
        assert.equal(await world.coordinator.get(paths.service('f')), undefined);
        assert.deepEqual(await world.coordinator.children(paths.units), []);
        assert.deepEqual(await world.coordinator.children(paths.machineUnits('m0')), []);
      });
    });

    it('tells the tree its ports and what status-set says', async () => {
      const one = await world.publish(1, { hooks: { start: 'open-port 80/tcp; status-set "serving all"' } });
      await world.agent();
      await world.deploy(one);
      await world.untilOn(one);
      await eventually(async () => {
        const { unit, status } = await world.unit();
        assert.deepEqual([unit.ports, status.message], [['80/tcp'], 'serving all']);
      });
    });

    it('keeps its formula behind a link, beside its data and its log', async () => {
      const one = await world.publish(1, {
        hooks: { install: 'echo hello; pwd >"$ENSEMBLE_DATA_DIR/where"' },
      });
      await world.agent();
      await world.deploy(one);
      await world.untilOn(one);
      assert.match(await readlink(world.unitPath('f/0', 'formula')), /^\.formula\/1-[0-9a-f]{12}$/);
      assert.match(await readFile(world.unitPath('f/0', 'data', 'where'), 'utf8'), /\.formula\/1-/);
      assert.match(await readFile(world.unitPath('f/0', 'log', 'hooks.log'), 'utf8'), /hello/);
    });

    it('waits for a machine, and is placed by the first agent that comes', async () => {
      const one = await world.publish(1);
      await world.deploy(one, 2);
      assert.equal((await world.unit()).unit.machine, null);
      await world.agent();
      await world.untilOn(one);
      await world.untilOn(one, 'f/1');
      assert.deepEqual(await world.coordinator.children(paths.unplaced), []);
    });

    it('goes on where it was after the agent was stopped and started', async () => {
      const one = await world.publish(1);
      const first = await world.agent();
      await world.deploy(one);
      await world.untilOn(one);
      await first.stop();
      await world.agent();
      await world.upgrade(await world.publish(2));
      await world.untilOn('world:f-2');
      assert.deepEqual(await world.trace(), [
        'install 1',
        'config-changed 1',
        'start 1',
        'upgrade-formula 2',
        'config-changed 2',
      ]);
    });
  });
