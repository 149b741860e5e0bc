import assert from 'node:assert/strict';
import { type Goal, standingOf } from '../../../control/progress/goal.js';
import type { UnitState } from '../../../control/status/snapshot.js';
import type { UnitStatus } from '../../../state/model/schemas.js';

const one = 'principia:mysql-1';
const two = 'principia:mysql-2';
const since = '2026-01-01T00:00:00.000Z';
const started: Goal = { service: 'mysql', kind: 'started', formula: one, forced: new Map() };
const upgraded: Goal = { service: 'mysql', kind: 'upgraded', formula: two, forced: new Map() };

interface Given {
  readonly goal: Goal;
  readonly state: UnitStatus['state'];
  readonly formula?: string | null;
  readonly flagged?: boolean | 'by force';
  readonly step?: 'fetching' | 'waiting' | 'hook' | 'resuming';
  readonly blocked?: boolean;
  readonly relationError?: boolean;
  readonly message?: string;
  readonly agentUp?: boolean;
  readonly damage?: string;
}

function unit({
  state,
  formula = one,
  flagged = false,
  step,
  blocked = false,
  relationError = false,
  message = '',
  damage,
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
      ...(step && { upgrade: { step, from: one, to: two, since, ...blockers } }),
    },
    flag: flagged
      ? { requestedAt: since, by: 'me@here', ...(flagged === 'by force' && { force: true }) }
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
];

describe('the standing', () => {
  for (const [what, given, standing] of rows) {
    it(`of ${what} is ${standing}`, () => {
      assert.equal(standingOf(given.goal, unit(given), given.agentUp ?? true), standing);
    });
  }

  it('of a unit that is not there is gone', () => {
    assert.equal(standingOf(started, undefined, true), 'gone');
  });
});
