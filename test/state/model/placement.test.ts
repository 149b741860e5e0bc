import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { MachineNotFound } from '../../../state/model/errors.js';
import { chooseMachines, type MachineLoad } from '../../../state/model/choose-machines.js';
import { cordonMachine } from '../../../control/cordon.js';
import { readMachines } from '../../../state/model/machines.js';
import { compareUnits, nodeOfUnit, serviceOfUnit, unitOfNode } from '../../../state/model/paths.js';
import { requireOpenMachine } from '../../../state/model/placement.js';
import { addUnits } from '../../../control/deploy/add-units.js';
import { chooseSeed } from '../../random.js';
import { addMachine, addService, now, useTree } from './tree.js';

interface Row {
  readonly what: string;
  readonly machines: readonly MachineLoad[];
  /** Of each new unit. */
  readonly services: readonly string[];
  readonly chosen: readonly (string | null)[];
}

const machine = (
  name: string,
  units: readonly string[] = [],
  more: Partial<MachineLoad> = {},
): MachineLoad => ({
  name,
  units,
  up: true,
  cordoned: false,
  version: 0,
  ...more,
});

const down = { up: false };
const cordoned = { cordoned: true };

const rows: readonly Row[] = [
  {
    what: 'the least loaded machine, counting the units placed before',
    machines: [machine('m0', ['x/0', 'x/1']), machine('m1')],
    services: ['a', 'b', 'c', 'd', 'e'],
    chosen: ['m1', 'm1', 'm0', 'm1', 'm0'],
  },
  {
    what: 'a machine without a unit of the service, however loaded it is',
    machines: [machine('m0', ['web/0']), machine('m1', ['x/0', 'x/1', 'y/0'])],
    services: ['web'],
    chosen: ['m1'],
  },
  {
    what: 'of those with as few of the service the least loaded, then the first name',
    machines: [machine('m2'), machine('m1'), machine('m0', ['x/0'])],
    services: ['web', 'web', 'web', 'web'],
    chosen: ['m1', 'm2', 'm0', 'm1'],
  },
  {
    what: 'a machine whose agent is up, also where one that is down has less of the service',
    machines: [machine('m0', [], down), machine('m1', ['web/0', 'web/1'])],
    services: ['web'],
    chosen: ['m1'],
  },
  {
    what: 'one that is down where no agent is up',
    machines: [machine('m0', ['x/0'], down), machine('m1', [], down)],
    services: ['web'],
    chosen: ['m1'],
  },
  {
    what: 'no machine that is cordoned',
    machines: [machine('m0', [], cordoned), machine('m1', ['web/0'])],
    services: ['web', 'web'],
    chosen: ['m1', 'm1'],
  },
  {
    what: 'one that is down rather than a cordoned one',
    machines: [machine('m0', [], cordoned), machine('m1', [], down)],
    services: ['web'],
    chosen: ['m1'],
  },
  {
    what: 'nowhere where every machine is cordoned',
    machines: [machine('m0', [], cordoned), machine('m1', [], { ...cordoned, ...down })],
    services: ['web'],
    chosen: [null],
  },
  { what: 'nowhere where there is no machine', machines: [], services: ['a', 'b'], chosen: [null, null] },
];

describe('placement', () => {
  for (const { what, machines, services, chosen } of rows)
    it(`goes to ${what}`, () => {
      assert.deepEqual(chooseMachines(machines, services), chosen);
    });

  it('takes no second unit of a service where another machine has fewer, whatever is there', () => {
    const seed = chooseSeed();
    const service = fc.constantFrom('a', 'b', 'c');
    const load = fc.record({
      placed: fc.array(service, { maxLength: 6 }),
      up: fc.boolean(),
      cordoned: fc.boolean(),
    });
    void fc.assert(
      fc.property(
        fc.array(load, { maxLength: 6 }),
        fc.array(service, { maxLength: 12 }),
        (loads, services) => {
          const machines = loads.map(({ placed, ...rest }, index) =>
            machine(
              `m${index}`,
              placed.map((of, number) => `${of}/${index}${number}`),
              rest,
            ),
          );
          const chosen = chooseMachines(machines, services);
          const open = machines.filter((each) => !each.cordoned);
          const eligible = open.some(({ up }) => up) ? open.filter(({ up }) => up) : open;
          const units = new Map(eligible.map(({ name, units: there }) => [name, [...there]]));
          const own = (name: string, of: string): number =>
            (units.get(name) ?? []).filter((unit) => serviceOfUnit(unit) === of).length;
          for (const [index, of] of services.entries()) {
            const taken = chosen[index] ?? null;
            if (taken === null) {
              assert.deepEqual(eligible, []);
              continue;
            }
            const least = Math.min(...eligible.map(({ name }) => own(name, of)));
            assert.equal(own(taken, of), least, `${of} on ${taken}`);
            const as = eligible
              .filter(({ name }) => own(name, of) === least)
              .map(({ name }) => units.get(name) ?? []);
            assert.equal(units.get(taken)?.length, Math.min(...as.map((there) => there.length)));
            units.get(taken)?.push(`${of}/9${index}`);
          }
        },
      ),
      { seed },
    );
  });

  describe('in the tree', () => {
    const tree = useTree();

    it('puts the unit on its machine, where the agent finds it', async () => {
      await addMachine(tree.one, 'm0');
      await addMachine(tree.one, 'm1', false);
      await addService(tree.one, 'mysql');
      await addUnits(tree.one, 'mysql', 2, now);
      await addUnits(tree.one, 'mysql', 1, now, 'm1');
      const machines = await readMachines(tree.two);
      assert.deepEqual(
        machines.map(({ name, units, agent }) => [name, units, agent !== undefined]),
        [
          ['m0', ['mysql/0', 'mysql/1'], true],
          ['m1', ['mysql/2'], false],
        ],
      );
    });

    it('refuses a machine that is not there, before a number is used', async () => {
      await addMachine(tree.one, 'm0');
      await addService(tree.one, 'mysql');
      await assert.rejects(addUnits(tree.one, 'mysql', 1, now, 'm7'), MachineNotFound);
      await assert.rejects(requireOpenMachine(tree.one, 'm7'), { known: ['m0'] });
      assert.deepEqual(await addUnits(tree.one, 'mysql', 1, now), ['mysql/0']);
    });

    it('refuses a cordoned machine by name, before a number is used', async () => {
      await addMachine(tree.one, 'm0');
      await addService(tree.one, 'mysql');
      await cordonMachine(tree.two, 'm0', { since: now, by: 'ops@test', reason: 'new disks' });
      await assert.rejects(addUnits(tree.one, 'mysql', 1, now, 'm0'), {
        code: 'machine-cordoned',
        message: 'machine m0 is cordoned by ops@test and takes no new units: new disks',
      });
      assert.deepEqual(await addUnits(tree.one, 'mysql', 1, now), ['mysql/0']);
      assert.deepEqual(await tree.one.children('/unplaced'), ['mysql-0']);
    });
  });
});

describe('the names of units', () => {
  it('survive the way through the tree, also where the service has dashes and digits', () => {
    for (const unit of ['mysql/0', 'my-sql/12', 'a1-b2/3']) assert.equal(unitOfNode(nodeOfUnit(unit)), unit);
  });

  it('are ordered as people count', () => {
    const units = ['mysql/10', 'mysql/9', 'blog/2', 'mysql/0'];
    assert.deepEqual(units.sort(compareUnits), ['blog/2', 'mysql/0', 'mysql/9', 'mysql/10']);
  });
});
