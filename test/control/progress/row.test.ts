import assert from 'node:assert/strict';
import type { Goal } from '../../../control/progress/goal.js';
import { type Row, rowsOf } from '../../../control/progress/row.js';
import type { WatchedUnits } from '../../../control/progress/watch-units.js';
import type { UnitState } from '../../../control/status/snapshot.js';

const at = '2026-01-01T00:00:00.000Z';
const [one, two] = ['p:web-1', 'p:web-2'] as const;
const goal: Goal = { service: 'web', kind: 'upgraded', formula: two, forced: new Map() };

function unit(change: Partial<UnitState['unit']> = {}, status: Partial<UnitState['status']> = {}): UnitState {
  return {
    name: 'web/0',
    unit: { service: 'web', machine: 'm0', formula: one, ports: [], change: '', ...change },
    status: { state: 'started', since: at, message: '', ...status },
    flag: undefined,
  };
}

const flagged: UnitState = { ...unit(), flag: { requestedAt: at, by: 'ann@host', to: two } };
const leftBehind = {
  ...{ from: one, to: two, directory: '/d', kept: true },
  ...{ written: ['a'], changed: [], more: 0 },
};
const upgrade = { step: 'hook', from: one, to: two, since: at };

const rows: readonly (readonly [
  what: string,
  state: UnitState | undefined,
  expected: { readonly [Word in keyof Row]?: Row[Word] | undefined },
  watched?: Partial<WatchedUnits>,
])[] = [
  ['there', unit({ formula: two }), { standing: 'done', doing: 'started', formula: two, message: '' }],
  ['asked', flagged, { standing: 'under-way', doing: 'started, upgrade wanted', heading: two }],
  [
    'at its hook',
    unit({}, { state: 'upgrading', upgrade }),
    { standing: 'under-way', doing: 'upgrading, hook', heading: two },
  ],
  ['gone', undefined, { standing: 'gone', doing: 'removed', machine: null, formula: null, next: '' }],
  [
    'in an error',
    unit({}, { state: 'start-error', message: 'exit 1', next: 'ensemble resolved web/0' }),
    { standing: 'failed', message: 'exit 1', next: 'ensemble resolved web/0' },
  ],
  [
    'without its agent',
    flagged,
    { standing: 'offline', absence: 'down', message: 'no agent is running on m0' },
    { agentsUp: new Set() },
  ],
  [
    'whose agent is suspended',
    flagged,
    { standing: 'offline', absence: 'suspended' },
    { agentsUp: new Set(), absences: new Map([['m0', { kind: 'suspended', pid: 7 }]]) },
  ],
  [
    'without a machine',
    { ...flagged, unit: { ...flagged.unit, machine: null } },
    { standing: 'offline', absence: undefined, message: 'no machine yet' },
  ],
  [
    'that waits for its turn',
    unit(),
    { standing: 'under-way', message: 'waits for its turn' },
    turn('others', 'waits for its turn'),
  ],
  [
    'that waits for somebody',
    unit(),
    { standing: 'waits', message: 'paused by bob' },
    turn('somebody', 'paused by bob'),
  ],
  [
    'that its rollout gave up',
    unit(),
    { standing: 'failed', message: 'not healthy' },
    turn('failed', 'not healthy'),
  ],
  [
    'that waits for its own agent',
    unit(),
    { standing: 'offline', message: 'no agent is running on m0' },
    { ...turn('agent', 'away'), agentsUp: new Set() },
  ],
  ['that is gone, though its turn was told', undefined, { standing: 'gone' }, turn('others', 'waits')],
  [
    'that got there, and left files behind',
    unit({ formula: two }, { leftBehind }),
    { standing: 'done', leftBehind },
  ],
  [
    'that got there, having left files behind before',
    unit({ formula: two }, { leftBehind: { ...leftBehind, to: one } }),
    { leftBehind: undefined },
  ],
  [
    'that cannot be read',
    { ...unit(), damage: '/units/web-0 is damaged' },
    { standing: 'stuck', message: '/units/web-0 is damaged' },
  ],
  [
    'that says what no terminal should print',
    unit({}, { state: 'start-error', message: 'a\u001b[2Jb' }),
    { message: 'a\ufffd[2Jb' },
  ],
];

function turn(on: 'others' | 'agent' | 'somebody' | 'failed', reason: string): Partial<WatchedUnits> {
  return { waiting: new Map([['web/0', { on, reason }]]) };
}

describe('the row of a unit', () => {
  for (const [what, state, expected, watched = {}] of rows)
    it(what, () => {
      const seen: WatchedUnits = {
        units: new Map([['web/0', state]]),
        agentsUp: new Set(['m0']),
        machines: ['m0'],
        recent: true,
        ...watched,
      };
      const [row] = rowsOf(goal, ['web/0'], seen);
      for (const [word, value] of Object.entries(expected))
        assert.deepEqual(row && Reflect.get(row, word), value, word);
    });
});
