import assert from 'node:assert/strict';
import { type Goal, standingOf } from '../../../control/progress/goal.js';
import type { Flag } from '../../../state/model/request-schemas.js';
import type { UnitState } from '../../../control/status/snapshot.js';
import type { UnitStatus } from '../../../state/model/unit-schemas.js';

const one = 'principia:mysql-1';
const two = 'principia:mysql-2';
const since = '2026-01-01T00:00:00.000Z';
const started: Goal = { service: 'mysql', kind: 'started', formula: one, forced: new Map() };
const upgraded: Goal = { service: 'mysql', kind: 'upgraded', formula: two, forced: new Map() };

const configured: Goal = {
  service: 'mysql',
  kind: 'configured',
  version: 4,
  formula: one,
  forced: new Map(),
};

interface Given {
  readonly goal: Goal;
  readonly state: UnitStatus['state'];
  readonly formula?: string | null;
  readonly flagged?: boolean | 'by force';
  /** More of the flag; where the upgrade leads that failed, by default the goal's formula. */
  readonly flag?: Partial<Flag>;
  readonly heads?: string;
  readonly step?: 'fetching' | 'waiting' | 'hook' | 'resuming';
  readonly blocked?: boolean;
  readonly relationError?: boolean;
  readonly message?: string;
  readonly agentUp?: boolean;
  readonly damage?: string;
  /** The versions of the config that the unit has seen and tried; null: not told at all. */
  readonly config?: readonly [number | null, number | null] | null;
}

function unit({
  state,
  formula = one,
  flagged = false,
  flag,
  heads = two,
  step,
  blocked = false,
  relationError = false,
  message = '',
  damage,
  config = null,
}: Given): UnitState {
  const blockers = blocked ? { blockers: [{ reason: 'the storage is away', since }] } : {};
  return {
    name: 'mysql/0',
    unit: { service: 'mysql', machine: 'm0', formula, ports: [], change: 'x' },
    status: {
      state,
      since,
      message,
      ...(relationError && { relations: { 'ring:0': { state: 'error', services: ['mysql'] } } }),
      ...(config !== null && { config: { seen: config[0], tried: config[1] } }),
      ...(step && { upgrade: { step, from: one, to: heads, since, ...blockers } }),
    },
    flag: flagged
      ? { requestedAt: since, by: 'me@here', ...(flagged === 'by force' && { force: true }), ...flag }
      : undefined,
    ...(damage !== undefined && { damage }),
  };
}

const rows: readonly (readonly [string, Given, string])[] = [
  [
    'a unit that cannot leave a relation that the formula lacks',
    { goal: upgraded, state: 'started', flagged: true, step: 'waiting', blocked: true, relationError: true },
    'stuck',
  ],
  [
    'a unit that leaves a relation that the formula lacks',
    { goal: upgraded, state: 'started', flagged: true, step: 'waiting', blocked: true },
    'under-way',
  ],
  [
    'a unit whose node cannot be read, which nobody waits for',
    { goal: upgraded, state: 'unknown', damage: '/units/mysql-0 is damaged', agentUp: false },
    'stuck',
  ],
  ['a unit in a state of a later release', { goal: started, state: 'hibernating' }, 'under-way'],
  ['a unit in an error state of a later release', { goal: started, state: 'moult-error' }, 'under-way'],
  ['a deployed unit that has started', { goal: started, state: 'started' }, 'done'],
  ['a deployed unit that is starting', { goal: started, state: 'starting' }, 'under-way'],
  ['a deployed unit nobody took up', { goal: started, state: 'pending', agentUp: false }, 'offline'],
  [
    'a deployed unit whose formula cannot be fetched',
    { goal: started, state: 'installing', formula: null, message: 'the storage is away' },
    'stuck',
  ],
  [
    'a deployed unit whose install hook says something',
    { goal: started, state: 'installing', message: 'fetching the parts' },
    'under-way',
  ],
  ['a deployed unit whose hook failed', { goal: started, state: 'start-error' }, 'failed'],
  ['a failed unit whose agent is away', { goal: started, state: 'start-error', agentUp: false }, 'failed'],
  ['a started unit whose agent is away', { goal: started, state: 'started', agentUp: false }, 'done'],
  ['a unit that is being stopped', { goal: started, state: 'stopping' }, 'gone'],
  [
    'a flagged unit, started on the old formula',
    { goal: upgraded, state: 'started', flagged: true },
    'under-way',
  ],
  ['an unflagged unit on the old formula', { goal: upgraded, state: 'started' }, 'called-off'],
  ['an upgraded unit', { goal: upgraded, state: 'started', formula: two }, 'done'],
  ['a unit flagged again', { goal: upgraded, state: 'started', formula: two, flagged: true }, 'under-way'],
  [
    'a committed unit that resumes',
    { goal: upgraded, state: 'upgrading', formula: two, step: 'resuming' },
    'under-way',
  ],
  [
    'a committed unit that is configured',
    { goal: upgraded, state: 'configuring', formula: two },
    'under-way',
  ],
  [
    'a unit that runs something newer',
    { goal: upgraded, state: 'started', formula: 'principia:mysql-3' },
    'overtaken',
  ],
  [
    'a unit that cannot fetch',
    { goal: upgraded, state: 'started', flagged: true, step: 'fetching', blocked: true },
    'stuck',
  ],
  [
    'a unit that waits for its turn',
    { goal: upgraded, state: 'started', flagged: true, step: 'waiting', blocked: true },
    'under-way',
  ],
  ['a failed upgrade', { goal: upgraded, state: 'upgrade-error', flagged: true, step: 'hook' }, 'failed'],
  [
    'a forced unit, still in its old error',
    {
      goal: { ...upgraded, forced: new Map([['mysql/0', since]]) },
      state: 'config-error',
      flagged: 'by force',
    },
    'under-way',
  ],
  [
    'a forced unit that is to try its failed upgrade again',
    {
      goal: { ...upgraded, forced: new Map([['mysql/0', since]]) },
      state: 'upgrade-error',
      step: 'hook',
      flagged: 'by force',
    },
    'under-way',
  ],
  [
    'a unit that stands, by a failed upgrade, where it was to go back to',
    { goal: { ...upgraded, forced: new Map([['mysql/0', since]]) }, state: 'upgrade-error', step: 'hook' },
    'called-off',
  ],
  [
    'a forced unit that somebody asked anew, without force',
    {
      goal: { ...upgraded, forced: new Map([['mysql/0', since]]) },
      state: 'config-error',
      flagged: true,
    },
    'called-off',
  ],
  [
    'a forced unit that could not be stopped, which no force takes out of that',
    {
      goal: { ...upgraded, forced: new Map([['mysql/0', since]]) },
      state: 'stop-error',
      flagged: 'by force',
    },
    'failed',
  ],
  [
    'a forced unit, in a new error',
    {
      goal: { ...upgraded, forced: new Map([['mysql/0', 'before']]) },
      state: 'upgrade-error',
      flagged: true,
    },
    'failed',
  ],
  [
    'a unit that others had go back, and that failed on that way',
    {
      goal: upgraded,
      state: 'upgrade-error',
      step: 'hook',
      heads: one,
      flagged: 'by force',
      flag: { revert: true, to: one },
    },
    'failed',
  ],
  [
    'a unit that failed on its way back, and is asked again',
    {
      goal: upgraded,
      state: 'upgrade-error',
      step: 'hook',
      heads: one,
      flagged: 'by force',
      flag: { revert: true, to: one, over: since },
    },
    'under-way',
  ],
  [
    'a unit whose upgrade failed, and that is about to go back',
    { goal: upgraded, state: 'upgrade-error', step: 'hook', flagged: 'by force', flag: { to: one } },
    'under-way',
  ],
  ['a unit that has seen this config', { goal: configured, state: 'started', config: [4, 4] }, 'done'],
  ['a unit that has seen a later config', { goal: configured, state: 'started', config: [7, 7] }, 'done'],
  [
    'a unit that has, without its agent',
    { goal: configured, state: 'started', config: [4, 4], agentUp: false },
    'done',
  ],
  [
    'a unit that has, and upgrades',
    { goal: configured, state: 'upgrading', step: 'hook', config: [4, 4] },
    'done',
  ],
  [
    'a unit that has, and whose upgrade failed',
    { goal: configured, state: 'upgrade-error', config: [4, 4] },
    'done',
  ],
  [
    'a unit that has, and starts with it',
    { goal: configured, state: 'starting', config: [4, 4] },
    'under-way',
  ],
  [
    'a unit that has, and did not start with it',
    { goal: configured, state: 'start-error', config: [4, 4] },
    'failed',
  ],
  ['a unit that has not seen it yet', { goal: configured, state: 'started', config: [3, 3] }, 'under-way'],
  ['a unit that is at it', { goal: configured, state: 'configuring', config: [3, 4] }, 'under-way'],
  ['a unit that failed with it', { goal: configured, state: 'config-error', config: [3, 4] }, 'failed'],
  [
    'a unit that failed with a later one',
    { goal: configured, state: 'config-error', config: [4, 5] },
    'failed',
  ],
  [
    'a unit that failed with it, without its agent',
    { goal: configured, state: 'config-error', config: [3, 4], agentUp: false },
    'failed',
  ],
  [
    'a unit that failed with one before',
    { goal: configured, state: 'config-error', config: [2, 3] },
    'under-way',
  ],
  [
    'a unit that failed to start with one before',
    { goal: configured, state: 'start-error', config: [null, 3] },
    'under-way',
  ],
  [
    'a unit that failed with one before, without its agent',
    { goal: configured, state: 'config-error', config: [2, 3], agentUp: false },
    'offline',
  ],
  [
    'a unit in an error of which no config is the way out',
    { goal: configured, state: 'install-error', config: [null, null] },
    'failed',
  ],
  [
    'a unit whose install failed with these values',
    { goal: configured, state: 'install-error', config: [null, 4] },
    'failed',
  ],
  [
    'a unit whose install failed with those before',
    { goal: configured, state: 'install-error', config: [null, 3] },
    'under-way',
  ],
  [
    'a unit whose upgrade failed before it saw it',
    { goal: configured, state: 'upgrade-error', config: [3, 3] },
    'failed',
  ],
  ['a unit that could not be stopped', { goal: configured, state: 'stop-error', config: [3, 3] }, 'failed'],
  ['a unit that goes', { goal: configured, state: 'stopping', config: [4, 4] }, 'gone'],
  [
    'a unit whose agent is away',
    { goal: configured, state: 'started', config: [3, 3], agentUp: false },
    'offline',
  ],
  ['a unit that nobody took up yet', { goal: configured, state: 'pending' }, 'under-way'],
  ['a unit of an agent of an older release', { goal: configured, state: 'started' }, 'untold'],
  ['a failed unit of such an agent', { goal: configured, state: 'config-error' }, 'untold'],
  [
    'a unit to whose agent no config is known',
    { goal: configured, state: 'started', config: [null, null] },
    'stuck',
  ],
  ['a unit that installs', { goal: configured, state: 'installing', config: [null, null] }, 'under-way'],
  [
    'a unit whose first formula cannot be had',
    {
      goal: configured,
      state: 'installing',
      formula: null,
      message: 'the storage is away',
      config: [null, null],
    },
    'stuck',
  ],
  [
    'a unit whose status cannot be read',
    { goal: configured, state: 'unknown', damage: '/units/mysql-0 is damaged' },
    'stuck',
  ],
  [
    'a unit in a state of a later release',
    { goal: configured, state: 'hibernating', config: [3, 3] },
    'under-way',
  ],
];

describe('the standing', () => {
  for (const [what, given, standing] of rows) {
    it(`of ${what}, to be ${given.goal.kind}, is ${standing}`, () => {
      assert.equal(standingOf(given.goal, unit(given), given.agentUp ?? true), standing);
    });
  }

  it('of a unit that is not there is gone', () => {
    assert.equal(standingOf(started, undefined, true), 'gone');
  });
});
