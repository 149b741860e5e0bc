import assert from 'node:assert/strict';
import { planUpgrade } from '../../../control/environment/plan-upgrade.js';
import { newestLayout, readable } from '../../../state/model/layout-known.js';
import type { MachineState } from '../../../state/model/machines.js';
import type { Layout } from '../../../state/model/environment-schemas.js';
import type { Machine } from '../../../state/model/machine-schemas.js';

const ofRelease010: Layout = { level: 1, sublevel: 0, minReader: 1 };
const newest: Layout = { ...newestLayout, features: [...newestLayout.features] };

function machine(name: string, facts: Partial<Machine>, agent?: string): MachineState {
  return {
    name,
    machine: { hostname: name, ...facts },
    agent: agent === undefined ? undefined : { pid: 1, version: agent, since: '' },
    units: [],
    version: 0,
  };
}
const now = machine('new', { version: '0.2.0', ...readable() }, '0.2.0');

const rows: readonly {
  readonly name: string;
  readonly layout: Layout;
  readonly machines: readonly MachineState[];
  readonly state: string;
  readonly behind?: readonly string[];
}[] = [
  { name: 'of this version', layout: newest, machines: [now], state: 'current' },
  {
    name: 'of this version, whatever a machine says',
    layout: newest,
    machines: [machine('old', {}, '0.1.0')],
    state: 'current',
  },
  { name: 'without a machine', layout: ofRelease010, machines: [], state: 'needed' },
  { name: 'whose machines are all of this version', layout: ofRelease010, machines: [now], state: 'needed' },
  {
    name: 'with an agent of release 0.1.0 that is up',
    layout: ofRelease010,
    machines: [now, machine('old', {}, '0.1.0')],
    state: 'blocked',
    behind: ['old 0.1.0 up: layout 3, canary, clone, holds, lockstep'],
  },
  {
    name: 'with one that is down',
    layout: ofRelease010,
    machines: [machine('old', {})],
    state: 'blocked',
    behind: ['old null down: layout 3, canary, clone, holds, lockstep'],
  },
  {
    name: 'with a machine that lacks a feature, whose agent is down',
    layout: { ...newest, features: ['canary'] },
    machines: [machine('half', { ...readable(), features: ['canary'], version: '0.1.5' })],
    state: 'blocked',
    behind: ['half 0.1.5 down: clone, holds, lockstep'],
  },
  {
    name: 'with a machine that reads no level as old as that any more',
    layout: ofRelease010,
    machines: [machine('later', { ...readable(), layout: { min: 4, max: 5 } })],
    state: 'blocked',
    behind: ['later null down: layout 3'],
  },
  { name: 'with a feature off', layout: { ...newest, features: [] }, machines: [now], state: 'needed' },
  {
    name: 'that a later version raised and lets this one into',
    layout: { ...newest, level: 4, sublevel: 7 },
    machines: [now],
    state: 'current',
  },
];

describe('planning an upgrade of an environment', () => {
  for (const { name, layout, machines, state, behind = [] } of rows)
    it(`one ${name} is ${state}`, () => {
      const plan = planUpgrade(layout, machines);
      assert.equal(plan.state, state);
      assert.deepEqual(
        plan.behind.map((each) => `${each.machine} ${each.version} ${each.agent}: ${each.lacks.join(', ')}`),
        behind,
      );
    });

  it('goes to what this version has, and never back', () => {
    assert.deepEqual(planUpgrade(ofRelease010, []).to, newestLayout);
    assert.deepEqual(planUpgrade(ofRelease010, []).features, newestLayout.features);
    const further = { ...newest, level: 4, sublevel: 7, features: [] };
    assert.deepEqual(planUpgrade(further, []).to, { ...newestLayout, level: 4, sublevel: 7 });
  });
});
