import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { MachineNotFound } from '../../../state/model/errors.js';
import {
  chooseMachines,
  type MachineLoad,
  readMachines,
  requireMachine,
} from '../../../state/model/machines.js';
import { compareUnits, nodeOfUnit, unitOfNode } from '../../../state/model/paths.js';
import { addUnits } from '../../../state/model/units.js';
import { addMachine, addService, now, useTree } from './tree.js';

const machine = (name: string, units: number, up = true): MachineLoad => ({ name, units, up });

describe('placement', () => {
  it('goes to the least loaded machine, counting the units placed before', () => {
    assert.deepEqual(chooseMachines([machine('m0', 2), machine('m1', 0)], 5), ['m1', 'm1', 'm0', 'm1', 'm0']);
  });

  it('prefers machines whose agent is up, and takes one that is down where none is', () => {
    assert.deepEqual(chooseMachines([machine('m0', 0, false), machine('m1', 9)], 1), ['m1']);
    assert.deepEqual(chooseMachines([machine('m0', 1, false), machine('m1', 0, false)], 1), ['m1']);
  });

  it('goes nowhere where there is no machine', () => {
    assert.deepEqual(chooseMachines([], 2), [null, null]);
  });

  it('never leaves two machines more than one unit apart that began equal, and loses no unit', () => {
    const seed = Date.now();
    void fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 200 }), (machines, count) => {
        const names = Array.from({ length: machines }, (_, index) => machine(`m${index}`, 0));
        const chosen = chooseMachines(names, count);
        const loads = names.map(({ name }) => chosen.filter((each) => each === name).length);
        assert.equal(
          loads.reduce((sum, load) => sum + load, 0),
          count,
        );
        assert.ok(Math.max(...loads) - Math.min(...loads) <= 1);
      }),
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
      await assert.rejects(requireMachine(tree.one, 'm7'), { known: ['m0'] });
      assert.deepEqual(await addUnits(tree.one, 'mysql', 1, now), ['mysql/0']);
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
