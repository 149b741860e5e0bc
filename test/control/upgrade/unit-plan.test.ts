import assert from 'node:assert/strict';
import { planUnits } from '../../../control/upgrade/unit-plan.js';
import type { NamedUnit } from '../../../state/model/units.js';

function unit(name: string, formula: string | null): NamedUnit {
  return { name, unit: { service: 'a', machine: 'm0', formula, ports: [], change: 'x' } };
}

describe('the plan of an upgrade', () => {
  const units = [
    unit('a/0', 'p:a-1'),
    unit('a/1', 'p:a-2'),
    unit('a/2', null),
    unit('a/3', 'p:a-1'),
    unit('a/4', 'p:a-2'),
  ];

  it('flags the units that are behind, or have installed nothing yet', () => {
    assert.deepEqual(planUnits(units, 'p:a-2', { service: 'a', force: false }, []), {
      upgrade: ['a/0', 'a/2', 'a/3'],
      already: ['a/1', 'a/4'],
      wentBack: [],
      leftOut: [],
      held: [],
      overridden: [],
    });
  });

  it('flags only those asked for, and knows who stays behind', () => {
    assert.deepEqual(planUnits(units, 'p:a-2', { service: 'a', force: false, named: ['a/0', 'a/1'] }, []), {
      upgrade: ['a/0'],
      already: ['a/1', 'a/4'],
      wentBack: [],
      leftOut: ['a/2', 'a/3'],
      held: [],
      overridden: [],
    });
  });
});
