import assert from 'node:assert/strict';
import type { Coordinator } from '../../../state/coordination/coordinator.js';
import { ServiceDestroying, ServiceExists, ServiceNotFound } from '../../../state/model/errors.js';
import { openServiceHistory, openUnitHistory } from '../../../state/model/history.js';
import { paths } from '../../../state/model/paths.js';
import { requestRemoval } from '../../../control/remove/remove-units.js';
import { destroyService } from '../../../control/remove/destroy-service.js';
import { removeUnit } from '../../../state/model/removal.js';
import {
  createService,
  editService,
  readConfigValues,
  requireService,
  unitsOfService,
} from '../../../state/model/services.js';
import { setConfigValues } from '../../../control/config/set-config.js';
import { readServiceState, readSnapshot } from '../../../control/status/snapshot.js';
import { addUnits } from '../../../control/deploy/add-units.js';
import { requireUnit } from '../../../state/model/units.js';
import { addMachine, addService, allPaths, now, requester, useTree } from './tree.js';

const service = { formula: 'principia:mysql-1', repository: { name: 'principia', path: '/principia' } };

describe('a service', () => {
  const tree = useTree();

  it('is made by one of two operators at once; the other is told', async () => {
    const results = await Promise.allSettled([
      createService(tree.one, 'mysql', service, { a: 1 }),
      createService(tree.two, 'mysql', service, { a: 2 }),
    ]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    const loser = results.find((result) => result.status === 'rejected');
    assert.ok(loser?.reason instanceof ServiceExists);
  });

  it('that is unknown is refused with the names of those there are', async () => {
    await addService(tree.one, 'mysql');
    await addService(tree.one, 'blog');
    await assert.rejects(requireService(tree.one, 'wiki'), { known: ['blog', 'mysql'] });
    await assert.rejects(addUnits(tree.one, 'wiki', 1, now), ServiceNotFound);
    await assert.rejects(setConfigValues(tree.one, 'wiki', { a: 1 }), ServiceNotFound);
  });

  it('loses no edit of many at once', async () => {
    await addService(tree.one, 'mysql');
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        editService(index % 2 === 0 ? tree.one : tree.two, 'mysql', (current) => ({
          ...current,
          nextUnit: current.nextUnit + 1,
        })),
      ),
    );
    assert.equal((await requireService(tree.one, 'mysql')).value.nextUnit, 20);
  });

  it('never uses a unit’s number twice, by whomever and however often units come and go', async () => {
    await addService(tree.one, 'mysql');
    const batches = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        addUnits(index % 2 === 0 ? tree.one : tree.two, 'mysql', 3, now),
      ),
    );
    const numbers = batches.flat();
    assert.equal(new Set(numbers).size, 30);
    await requestRemoval(tree.one, numbers, requester);
    assert.deepEqual(await unitsOfService(tree.two, 'mysql'), []);
    assert.deepEqual(await addUnits(tree.one, 'mysql', 1, now), ['mysql/30']);
  });

  it('takes more units than fit one transaction', async () => {
    await addService(tree.one, 'mysql');
    await addMachine(tree.one, 'm0');
    const names = await addUnits(tree.one, 'mysql', 450, now);
    assert.deepEqual(await unitsOfService(tree.two, 'mysql'), names);
  });

  it('keeps config values that others set at the same time, and forgets those that are reset', async () => {
    await createService(tree.one, 'mysql', service, { kept: 'x', gone: 1 });
    await Promise.all([
      setConfigValues(tree.one, 'mysql', { a: 1, gone: undefined }),
      setConfigValues(tree.two, 'mysql', { b: true }),
    ]);
    assert.deepEqual(await readConfigValues(tree.one, 'mysql'), { kept: 'x', a: 1, b: true });
  });

  it('that is destroyed is gone with its last unit, and leaves nothing but its record', async () => {
    const before = await allPaths(tree.one);
    await addService(tree.one, 'mysql');
    await addMachine(tree.one, 'm0');
    const units = await addUnits(tree.one, 'mysql', 2, now);
    assert.deepEqual(await destroyService(tree.two, 'mysql', requester), units);
    await assert.rejects(addUnits(tree.one, 'mysql', 1, now), ServiceDestroying);
    await assert.rejects(createService(tree.one, 'mysql', service, {}), ServiceDestroying);
    await removeUnit(tree.one, 'mysql/0');
    assert.equal((await readServiceState(tree.two, 'mysql'))?.units.length, 1);
    await removeUnit(tree.one, 'mysql/1');
    assert.equal(await readServiceState(tree.two, 'mysql'), undefined);
    const after = await allPaths(tree.one);
    const stays = [paths.serviceHistory('mysql'), paths.serviceNumbers('mysql')];
    assert.deepEqual(
      after.filter((path) => !path.startsWith('/machines/m0') && !stays.includes(path)),
      before,
    );
    assert.ok(!after.includes('/machines/m0/units/mysql-0'));
    await addService(tree.one, 'mysql');
  });

  describe('that is made again under its name', () => {
    const incarnations = new Set<string | undefined>();
    const again = async (): Promise<readonly string[]> => {
      await addService(tree.one, 'mysql');
      const units = await addUnits(tree.one, 'mysql', 2, now);
      incarnations.add((await requireService(tree.one, 'mysql')).value.incarnation);
      for (const unit of units) incarnations.add((await requireUnit(tree.one, unit)).value.incarnation);
      await destroyService(tree.two, 'mysql', requester);
      return units;
    };

    it('goes on with the numbers of the one before; each life has an incarnation', async () => {
      const before = await allPaths(tree.one);
      assert.deepEqual(await again(), ['mysql/0', 'mysql/1']);
      const once = await allPaths(tree.one);
      assert.deepEqual(await again(), ['mysql/2', 'mysql/3']);
      assert.deepEqual(await again(), ['mysql/4', 'mysql/5']);
      assert.deepEqual(await allPaths(tree.one), once, 'the tree does not grow with it');
      assert.deepEqual(
        once.filter((path) => !before.includes(path)),
        [paths.serviceHistory('mysql'), paths.serviceNumbers('mysql')],
      );
      assert.equal(incarnations.size, 9);
      for (const each of incarnations) assert.match(each ?? '', /^[0-9a-f]{12}$/);
    });

    it('uses no number of a unit that is on record, in a tree that release 0.1.0 made', async () => {
      await tree.one.remove(paths.numbers);
      await openServiceHistory(tree.one, 'mysql');
      for (const unit of ['mysql/2', 'mysql/11'])
        await tree.one.transaction(await openUnitHistory(tree.one, unit));
      assert.deepEqual(await again(), ['mysql/12', 'mysql/13']);
      assert.deepEqual(await again(), ['mysql/14', 'mysql/15']);
    });

    it('by several operators at once, while others destroy it, never uses a number twice', async () => {
      await addMachine(tree.one, 'm0');
      const made: string[] = [];
      const operator = async (coordinator: Coordinator): Promise<void> => {
        for (let times = 0; times < 5; times += 1) {
          await createService(coordinator, 'mysql', service, {}).catch(() => undefined);
          const units = await addUnits(coordinator, 'mysql', 1, now).catch(() => []);
          made.push(...units);
          await destroyService(coordinator, 'mysql', requester).catch(() => undefined);
          for (const unit of units) await removeUnit(coordinator, unit);
        }
      };
      await Promise.all([operator(tree.one), operator(tree.two)]);
      assert.ok(made.length > 0);
      assert.deepEqual([...new Set(made)], made);
    });
  });

  it('is gone though its last two units stop at the same moment, on two machines', async () => {
    await addService(tree.one, 'mysql');
    await addMachine(tree.one, 'm0');
    await addUnits(tree.one, 'mysql', 2, now);
    await destroyService(tree.one, 'mysql', requester);
    await Promise.all([removeUnit(tree.one, 'mysql/0'), removeUnit(tree.two, 'mysql/1')]);
    assert.deepEqual((await readSnapshot(tree.one)).services, []);
  });

  it('is destroyed at once where no machine has its units, and by two operators as by one', async () => {
    await addService(tree.one, 'mysql');
    await addUnits(tree.one, 'mysql', 3, now);
    await Promise.allSettled([
      destroyService(tree.one, 'mysql', requester),
      destroyService(tree.two, 'mysql', requester),
    ]);
    assert.equal(await readServiceState(tree.one, 'mysql'), undefined);
    assert.deepEqual(await tree.one.children('/unplaced'), []);
  });

  for (const others of [0, 1]) {
    it(`gains no unit from one operator while another destroys it, with ${others} units before`, async () => {
      await addService(tree.one, 'mysql');
      await addMachine(tree.one, 'm0');
      await addUnits(tree.one, 'mysql', others, now);
      // The number is claimed by now, and the units are about to be made.
      const adding = before(tree.one, 'transaction', 2, () => destroyService(tree.two, 'mysql', requester));
      await assert.rejects(
        addUnits(adding, 'mysql', 2, now),
        others === 0 ? ServiceNotFound : ServiceDestroying,
      );
      assert.equal((await tree.one.children('/units'))?.length, others);
    });
  }
});

/** The coordinator, with something else happening just before one of the calls of one of its methods. */
function before(
  coordinator: Coordinator,
  method: keyof Coordinator,
  call: number,
  act: () => Promise<unknown>,
): Coordinator {
  let calls = 0;
  return new Proxy(coordinator, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        if (key === method) {
          calls += 1;
          if (calls === call) await act();
        }
        return value.apply(target, args);
      };
    },
  });
}
