import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { addRelation } from '../../control/relate/add-relation.js';
import { parseEndpointName } from '../../state/model/endpoints.js';
import { removeTree } from '../../control/remove/remove-environment.js';
import { forceUnitsOut } from '../../control/remove/force-out.js';
import { readUnitHistory } from '../../state/model/history.js';
import { bootstrapTree } from '../../state/model/layout.js';
import { removeLostMachines } from '../../control/remove/remove-machines.js';
import { paths } from '../../state/model/paths.js';
import { destroyService } from '../../control/remove/destroy-service.js';
import { editService } from '../../state/model/services.js';
import { addUnits } from '../../control/deploy/add-units.js';
import { requireUnit } from '../../state/model/units.js';
import { requester, World } from '../agent/world.js';
import { embedded, zookeeper } from '../e2e/engines.js';
import { eventually } from '../eventually.js';

const RELATED = 'provides: {srv: thing}\nrequires: {cli: thing}\n';

for (const engines of [embedded, zookeeper()])
  describe(`a name that another life has by now, on ${engines.name}`, function () {
    this.timeout(120_000);
    before(() => engines.start());
    after(() => engines.stop());
    let world: World;
    beforeEach(async () => {
      world = await World.open(engines.environment());
    });
    afterEach(() => world.close());

    /** Revision 1 is deployed as f/0, which has data. */
    async function first(hooks: Readonly<Record<string, string>> = {}): Promise<void> {
      const config = 'options:\n  title: {type: string, default: none}\n';
      await world.deploy(await world.publish(1, { hooks, config }));
      await world.until('started');
      await writeFile(world.unitPath('f/0', 'data', 'precious'), 'of the first');
    }

    /** The environment is made anew, and revision 2 of the formula, with another content, deployed as f/0. */
    async function anew(): Promise<string> {
      await removeTree(world.coordinator);
      await bootstrapTree(world.coordinator);
      const two = await world.publish(2, { hooks: { install: 'ls "$ENSEMBLE_DATA_DIR" >>"$trace"' } });
      await world.deploy(two, 1, 'f', undefined);
      return two;
    }

    /** The first life stopped, before the second began, on nothing of the first. */
    async function apart(formula: string): Promise<void> {
      await world.untilOn(formula);
      const hooks = await world.trace();
      assert.deepEqual(hooks.slice(hooks.indexOf('stop 1')), [
        'stop 1',
        'install 2',
        'config-changed 2',
        'start 2',
      ]);
      const aside = await readdir(world.path('machines', 'm0', 'removed'));
      assert.equal(aside.length, 1);
      assert.match(aside[0] ?? '', /^f-0-.+Z-[0-9a-f]{12}$/);
      const data = world.path('machines', 'm0', 'removed', aside[0] ?? '', 'data');
      assert.equal(await readFile(`${data}/precious`, 'utf8'), 'of the first');
      assert.deepEqual(await readdir(world.unitPath('f/0', 'data')), []);
      const said = /another unit has this name|does not have the unit/;
      assert.ok(world.log.some(({ message }) => said.test(message)));
    }

    it('begins anew where the environment was made anew while the agent was down', async () => {
      await world.agent();
      await first();
      await world.stopAgents();
      const two = await anew();
      await world.agent({ acceptState: true });
      await apart(two);
    });

    it('begins anew where that was while the agent was up', async () => {
      await world.agent();
      await first();
      await apart(await anew());
    });

    it('begins anew where the first is in a hook meanwhile, which comes to its end', async () => {
      await world.agent();
      await first({ 'config-changed': 'case $(config-get title) in x*) gate hook;; esac' });
      await world.coordinator.set(paths.config('f'), '{"title":"x"}');
      await eventually(async () => assert.equal((await world.trace()).length, 4));
      const two = await anew();
      await eventually(() =>
        assert.ok(world.log.some(({ message }) => /no longer in the state tree|another unit/.test(message))),
      );
      await world.openGate('hook');
      await apart(two);
    });

    it('does not make the one that was removed by force run in its place', async () => {
      await world.agent();
      await first();
      await world.stopAgents();
      if ((await world.coordinator.get(paths.agent('m0'))) !== undefined)
        await world.coordinator.remove(paths.agent('m0'));
      await forceUnitsOut(world.coordinator, ['f/0'], requester);
      await destroyService(world.coordinator, 'f', requester);
      // As release 0.1.0 gave numbers.
      await world.coordinator.remove(paths.serviceNumbers('f'));
      await world.coordinator.remove(paths.unitHistory('f/0'));
      const two = await world.publish(2);
      assert.deepEqual(await world.deploy(two, 1, 'f', 'm0'), ['f/0']);
      await world.agent();
      await apart(two);
      const { incarnation } = (await requireUnit(world.coordinator, 'f/0')).value;
      await eventually(async () => {
        const told = await readUnitHistory(world.coordinator, 'f/0');
        assert.ok(told.length > 0);
        assert.deepEqual(new Set(told.map((entry) => entry.incarnation)), new Set([incarnation]));
      });
    });

    it('is left alone in its relations by the ghost of the one before', async () => {
      const metadata = { 'metadata.yaml': `name: f\nrevision: 1\n${RELATED}` };
      const events = ['joined', 'departed'].flatMap((event) => [
        [`srv-relation-${event}`, ':'],
        [`cli-relation-${event}`, ':'],
      ]);
      const formula = await world.publish(1, { hooks: Object.fromEntries(events), files: metadata });
      const relate = (): Promise<unknown> =>
        addRelation(
          world.coordinator,
          [parseEndpointName('web:cli'), parseEndpointName('db:srv')],
          requester.requestedAt,
        );
      await world.agent();
      const lost = await world.agentProcess('m1');
      await world.deploy(formula, 1, 'db', 'm0');
      await world.deploy(formula, 1, 'web', 'm1');
      await relate();
      const joined = (times: number): Promise<void> =>
        eventually(async () => {
          const seen = (await world.trace('db/0')).filter((line) => line.startsWith('srv-relation'));
          assert.deepEqual(
            seen,
            Array.from({ length: 2 * times - 1 }, (_, n) =>
              n % 2 === 0 ? 'srv-relation-joined 1' : 'srv-relation-departed 1',
            ),
          );
        }, 60_000);
      await joined(1);
      await lost.kill();
      for (const path of [paths.member('/relations/0', 'web/0'), paths.agent('m1')])
        await world.coordinator.remove(path);
      await removeLostMachines(world.coordinator, ['m1'], requester);
      await destroyService(world.coordinator, 'web', requester);
      await eventually(async () =>
        assert.equal(await world.coordinator.get(paths.service('web')), undefined),
      );
      await world.deploy(formula, 0, 'web');
      // As release 0.1.0 gave numbers.
      await editService(world.coordinator, 'web', (service) => ({ ...service, nextUnit: 0 }));
      assert.deepEqual(await addUnits(world.coordinator, 'web', 1, requester.requestedAt, 'm0'), ['web/0']);
      // As in an environment that was made anew, whose relations are numbered from the beginning again.
      await world.coordinator.set(paths.relations, '{"next":0}');
      await relate();
      await joined(2);
      const nodes = await Promise.all(
        [paths.member('/relations/0', 'web/0'), paths.settings('/relations/0', 'web/0')].map((path) =>
          world.coordinator.get(path),
        ),
      );
      assert.ok(nodes.every((node) => node !== undefined));
      const ghost = await world.agentProcess('m1');
      await ghost.logged('removed the unit by force while this agent was away');
      await ghost.logged('its directory is kept');
      await eventually(async () =>
        assert.deepEqual(await readdir(world.path('machines', 'm1', 'units')), []),
      );
      await joined(2);
      assert.deepEqual(
        await Promise.all(
          [paths.member('/relations/0', 'web/0'), paths.settings('/relations/0', 'web/0')].map((path) =>
            world.coordinator.get(path),
          ),
        ),
        nodes,
      );
    });
  });
