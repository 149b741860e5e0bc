import assert from 'node:assert/strict';
import { openLog } from '../../../agent/contract/log.js';
import { placeUnplaced } from '../../../agent/tree/placement.js';
import { systemClock } from '../../../state/platform/clock.js';
import { UnitNotFound } from '../../../state/model/errors.js';
import { paths } from '../../../state/model/paths.js';
import {
  ContainerNeedsSubordinate,
  RelationExists,
  ServiceIsSubordinate,
  UnitIsSubordinate,
} from '../../../state/model/relation-errors.js';
import { readRelation } from '../../../state/model/relations.js';
import { requestRemoval } from '../../../control/remove/remove-units.js';
import { destroyService } from '../../../control/remove/destroy-service.js';
import { removeRelation } from '../../../control/remove/remove-relation.js';
import { removeUnit } from '../../../state/model/removal.js';
import { unitsOfService } from '../../../state/model/services.js';
import { readUnitState } from '../../../control/status/snapshot.js';
import { addUnits } from '../../../control/deploy/add-units.js';
import { eventually } from '../../eventually.js';
import { addRelatable, metadataOf, relate } from './relation-tree.js';
import { addMachine, allPaths, now, requester, useTree } from './tree.js';

const logger = {
  subordinate: true,
  requires: {
    host: { interface: 'ensemble-info', scope: 'container' },
    site: { interface: 'http', scope: 'container' },
  },
};

describe('subordinates', () => {
  const tree = useTree();
  beforeEach(async () => {
    await addMachine(tree.one, 'm0');
    await addMachine(tree.one, 'm1');
    await addRelatable(tree.one, 'app', { provides: { web: 'http' } });
    await addRelatable(tree.one, 'log', logger);
  });

  /** Each unit of the service with the unit it is beside and their machine. */
  const placed = async (service: string): Promise<readonly (readonly unknown[])[]> => {
    const states = await Promise.all(
      (await unitsOfService(tree.one, service)).map((unit) => readUnitState(tree.one, unit)),
    );
    return states.map((state) => [state?.name, state?.unit.principal, state?.unit.machine]);
  };
  const asked = async (unit: string): Promise<boolean> =>
    (await tree.one.get(paths.removal(unit))) !== undefined;

  it('get a unit beside each unit of the service they are related to, on its machine', async () => {
    await addUnits(tree.one, 'app', 2, now);
    const { units } = await relate(tree.one, 'log:host', 'app');
    assert.deepEqual(units, ['log/0', 'log/1']);
    assert.deepEqual(await placed('log'), [
      ['log/0', 'app/0', 'm0'],
      ['log/1', 'app/1', 'm1'],
    ]);
    assert.deepEqual(await tree.one.children(paths.machineUnits('m0')), ['app-0', 'log-0']);
  });

  it('get one with each unit that is added later, in the same transaction', async () => {
    await relate(tree.one, 'log:host', 'app');
    await addUnits(tree.one, 'app', 2, now, 'm1');
    assert.deepEqual(await placed('log'), [
      ['log/0', 'app/0', 'm1'],
      ['log/1', 'app/1', 'm1'],
    ]);
  });

  it('get exactly one, however adding units and relating fall together', async () => {
    await Promise.all([
      addUnits(tree.one, 'app', 5, now),
      relate(tree.two, 'log:host', 'app'),
      addUnits(tree.two, 'app', 5, now),
    ]);
    const principals = (await placed('log')).map(([, principal]) => principal);
    assert.deepEqual([...principals].sort(), (await unitsOfService(tree.one, 'app')).toSorted());
  });

  it('get one for two relations with the same service, which stays until both are gone', async () => {
    await addUnits(tree.one, 'app', 1, now);
    const host = await relate(tree.one, 'log:host', 'app');
    const site = await relate(tree.one, 'log:site', 'app');
    assert.deepEqual(site.units, []);
    await removeRelation(tree.one, host.number, requester);
    assert.equal(await asked('log/0'), false);
    await removeRelation(tree.one, site.number, requester);
    assert.equal(await asked('log/0'), true);
  });

  it('get the units that an interrupted command left out when it is run again', async () => {
    await addUnits(tree.one, 'app', 2, now);
    await relate(tree.one, 'log:host', 'app');
    await assert.rejects(relate(tree.one, 'log:host', 'app'), RelationExists);
    await tree.one.remove(paths.subordinate('app/1', 'log'));
    await removeUnit(tree.one, 'log/1', requester);
    assert.deepEqual((await relate(tree.one, 'log:host', 'app')).units, ['log/2']);
  });

  it('get many units at once', async () => {
    await addUnits(tree.one, 'app', 320, now);
    const { units } = await relate(tree.one, 'log:host', 'app');
    assert.equal(units.length, 320);
    await addUnits(tree.one, 'app', 230, now);
    assert.equal((await unitsOfService(tree.one, 'log')).length, 550);
  });

  it('meet in container scope, of which the relation knows the subordinate', async () => {
    const { number } = await relate(tree.one, 'log:host', 'app');
    const relation = await readRelation(tree.one, number);
    assert.deepEqual([relation?.value.scope, relation?.value.subordinate], ['container', 'log']);
    assert.deepEqual(
      await tree.one.children(paths.relation(number)),
      [],
      'each principal has its own meeting',
    );
  });

  it('are asked to go with the units they are beside', async () => {
    await relate(tree.one, 'log:host', 'app');
    await addUnits(tree.one, 'app', 2, now);
    await requestRemoval(tree.one, ['app/1'], requester);
    assert.deepEqual(
      [await asked('app/0'), await asked('log/0'), await asked('app/1'), await asked('log/1')],
      [false, false, true, true],
    );
  });

  it('are asked to go by the relation’s end, and a new relation places new ones at once', async () => {
    await addUnits(tree.one, 'app', 1, now);
    const { number } = await relate(tree.one, 'log:host', 'app');
    await removeRelation(tree.one, number, requester);
    assert.equal(await asked('log/0'), true);
    assert.deepEqual((await relate(tree.one, 'log:host', 'app')).units, ['log/1']);
  });

  it('are asked to go also where they came to be while their principal went', async () => {
    await addUnits(tree.one, 'app', 1, now);
    await relate(tree.one, 'log:host', 'app');
    // As after a relation that was added between the request and the end of the unit.
    await tree.one.create(paths.removal('app/0'), JSON.stringify(requester));
    await removeUnit(tree.one, 'app/0');
    assert.equal(await asked('log/0'), true);
    await removeUnit(tree.one, 'log/0');
    assert.deepEqual(await unitsOfService(tree.one, 'log'), []);
  });

  it('cannot be added or removed by themselves', async () => {
    await addUnits(tree.one, 'app', 1, now);
    await relate(tree.one, 'log:host', 'app');
    await assert.rejects(addUnits(tree.one, 'log', 1, now), ServiceIsSubordinate);
    await assert.rejects(requestRemoval(tree.one, ['app/0', 'log/0'], requester), UnitIsSubordinate);
    assert.equal(await asked('app/0'), false, 'nobody is asked where one is refused');
    await assert.rejects(requestRemoval(tree.one, ['log/7'], requester), UnitNotFound);
  });

  it('are needed, and one only, for a relation of container scope', async () => {
    await addRelatable(tree.one, 'plain', { requires: { web: { interface: 'http', scope: 'container' } } });
    await assert.rejects(relate(tree.one, 'plain', 'app'), ContainerNeedsSubordinate);
    await addRelatable(tree.one, 'sublog', logger);
    await assert.rejects(relate(tree.one, 'log:host', 'sublog'), ContainerNeedsSubordinate);
  });

  it('must require a relation of container scope, by which they are placed', () => {
    assert.throws(
      () => metadataOf('lonely', { subordinate: true, requires: { db: 'mysql' } }),
      /scope: container/,
    );
  });

  it('leave nothing behind but their history when both services are destroyed', async () => {
    const before = await allPaths(tree.one);
    await addRelatable(tree.one, 'web', { provides: { web: 'http' } });
    await relate(tree.one, 'log:host', 'web');
    await addUnits(tree.one, 'web', 2, now);
    await destroyService(tree.one, 'web', requester);
    for (const unit of ['web/0', 'log/1', 'log/0', 'web/1']) await removeUnit(tree.one, unit);
    const left = (await allPaths(tree.one)).filter(
      (path) =>
        path !== '/formulas/p:web-1' && path !== paths.serviceNumbers('web') && !path.startsWith('/history/'),
    );
    assert.deepEqual(left, before);
  });

  describe('of units that wait for a machine', () => {
    beforeEach(async () => {
      for (const machine of ['m0', 'm1']) {
        await tree.one.remove(paths.agent(machine));
        await tree.one.remove(paths.machineUnits(machine));
        await tree.one.remove(paths.machine(machine));
      }
      await relate(tree.one, 'log:host', 'app');
      await addUnits(tree.one, 'app', 3, now);
    });

    it('wait too, and are placed with them by the first agent that comes', async () => {
      assert.deepEqual((await tree.one.children(paths.unplaced))?.length, 6);
      await addMachine(tree.one, 'm0');
      await addMachine(tree.one, 'm1');
      const said: string[] = [];
      const log = openLog((line) => said.push(line), 'human', systemClock.now, false);
      const placement = placeUnplaced(tree.one, {
        machine: 'm0',
        clock: systemClock,
        random: Math.random,
        log,
      });
      await eventually(async () => assert.deepEqual(await tree.one.children(paths.unplaced), []));
      placement.close();
      const machines = new Map((await placed('app')).map(([name, , machine]) => [name, machine]));
      for (const [, principal, machine] of await placed('log'))
        assert.equal(machine, machines.get(principal));
      assert.deepEqual(said, []);
    });

    it('go with them at once', async () => {
      await requestRemoval(tree.one, ['app/0'], requester);
      assert.deepEqual(await unitsOfService(tree.one, 'log'), ['log/1', 'log/2']);
      await destroyService(tree.one, 'app', requester);
      assert.deepEqual(await unitsOfService(tree.one, 'log'), []);
      assert.deepEqual(await tree.one.children(paths.unplaced), []);
    });
  });
});
