import assert from 'node:assert/strict';

import { configuredStanding } from '../../../control/progress/configured.js';
import type { Standing } from '../../../control/progress/standing.js';
import type { UnitState } from '../../../control/status/snapshot.js';
import type { UnitStatus } from '../../../state/model/unit-schemas.js';

const since = '2026-01-01T00:00:00.000Z';

interface Given {
  readonly state: UnitStatus['state'];
  /** The versions of the config that the unit has seen and tried; not given: its agent tells none. */
  readonly config?: readonly [seen: number | null, tried: number | null];
  readonly formula?: null;
  readonly message?: string;
  readonly agentDown?: true;
  readonly damage?: string;
}

function standing({ state, config, formula, message = '', agentDown, damage }: Given): Standing {
  const unit: UnitState = {
    name: 'mysql/0',
    unit: {
      service: 'mysql',
      machine: 'm0',
      formula: formula === null ? null : 'p:mysql-1',
      ports: [],
      change: 'x',
    },
    status: {
      state,
      since,
      message,
      ...(config !== undefined && { config: { seen: config[0], tried: config[1] } }),
    },
    flag: undefined,
    ...(damage !== undefined && { damage }),
  };
  return configuredStanding(4, unit, agentDown !== true);
}

describe('how far a unit is with version 4 of its config', () => {
  const rows: readonly (readonly [says: string, given: Given, standing: Standing])[] = [
    ['it has seen it', { state: 'started', config: [4, 4] }, 'done'],
    ['it has seen a later one', { state: 'started', config: [7, 7] }, 'done'],
    ['it has seen it, and its agent is away', { state: 'started', config: [4, 4], agentDown: true }, 'done'],
    ['it starts with it', { state: 'starting', config: [4, 4] }, 'under-way'],
    ['it has seen an earlier one', { state: 'started', config: [3, 3] }, 'under-way'],
    ['it has seen none', { state: 'configuring', config: [null, 3] }, 'under-way'],
    ['its agent is away', { state: 'started', config: [3, 3], agentDown: true }, 'offline'],
    ['its agent tells no config', { state: 'started' }, 'untold'],
    ['its agent knows no config for it', { state: 'started', config: [null, null] }, 'stuck'],
    ['nobody has taken it up', { state: 'pending' }, 'under-way'],
    ['nobody has taken it up, nor is there an agent', { state: 'pending', agentDown: true }, 'offline'],
    ['it failed with it', { state: 'config-error', config: [3, 4] }, 'failed'],
    ['it failed with an earlier one', { state: 'config-error', config: [2, 3] }, 'under-way'],
    ['its start failed with it', { state: 'start-error', config: [4, 4] }, 'failed'],
    ['its install failed with it', { state: 'install-error', config: [null, 4] }, 'failed'],
    ['its install failed before it knew any', { state: 'install-error', config: [null, null] }, 'failed'],
    ['another error keeps it', { state: 'upgrade-error', config: [3, 3] }, 'failed'],
    ['another error came after it', { state: 'upgrade-error', config: [4, 4] }, 'done'],
    [
      'its formula cannot be had',
      { state: 'installing', config: [null, null], formula: null, message: 'the storage is away' },
      'stuck',
    ],
    ['its formula is on its way', { state: 'installing', config: [null, null], formula: null }, 'under-way'],
    ['it stops', { state: 'stopping', config: [3, 3] }, 'gone'],
    ['it is removed', { state: 'removed', config: [4, 4] }, 'gone'],
    ['its node cannot be read', { state: 'started', config: [4, 4], damage: 'it is no JSON' }, 'stuck'],
  ];
  for (const [says, given, expected] of rows)
    it(`is ${expected} where ${says}`, () => assert.equal(standing(given), expected));
});
