import assert from 'node:assert/strict';
import type { UnitState } from '../../../control/status/snapshot.js';
import type { UnitEntry } from '../../../control/status/status-document.js';
import { type Surroundings, unitEntry } from '../../../control/status/unit-entry.js';

const at = '2026-01-01T00:00:00.000Z';
const later = '2026-01-01T01:00:00.000Z';
const [one, two] = ['p:web-1', 'p:web-2'] as const;
const upgrade = { step: 'hook', from: one, to: two, since: later };
const flag = { requestedAt: at, by: 'ann@host', to: two };
const hold = { holder: 'bob@host', since: at, level: 'all', reason: 'audit' } as const;

interface Case {
  readonly unit?: Partial<UnitState['unit']>;
  readonly status?: Partial<UnitState['status']>;
  readonly state?: Partial<UnitState>;
  readonly around?: Partial<Surroundings>;
}

type Fields = { readonly [Word in keyof UnitEntry]?: UnitEntry[Word] | undefined };

/** What is different of a unit that runs, and what its entry says of that; undefined: it says nothing. */
const rows: readonly (readonly [what: string, from: Case, expected: Fields])[] = [
  [
    'at rest',
    {},
    { machine: 'm0', agent: 'up', state: 'started', formula: one, upgrade: undefined, holds: undefined },
  ],
  ['without its agent', { around: { up: new Set() } }, { agent: 'down' }],
  ['without a machine', { unit: { machine: null } }, { machine: null, agent: 'down', blockers: undefined }],
  [
    'without a machine, where all are cordoned',
    { unit: { machine: null }, around: { closed: ['m0'] } },
    {
      blockers: [
        { reason: 'it waits for a machine, and every machine is cordoned: m0', next: 'ensemble uncordon m0' },
      ],
    },
  ],
  [
    'of a principal without a machine',
    { unit: { machine: null, principal: 'db/0' }, around: { closed: ['m0'] } },
    { blockers: undefined, principal: 'db/0' },
  ],
  ['that is to go', { state: { removing: true } }, { removing: true }],
  [
    'that has others beside it',
    { around: { beside: new Map([['web/0', ['log/0']]]) } },
    { subordinates: ['log/0'] },
  ],
  [
    'that is wanted elsewhere',
    { state: { flag } },
    { upgrade: { step: 'wanted', from: one, to: two, since: at } },
  ],
  [
    'that a flag of an older release asks, by the formula of its service',
    { state: { flag: { requestedAt: at, by: 'ann@host' } } },
    { upgrade: { step: 'wanted', from: one, to: two, since: at } },
  ],
  ['that is under way', { status: { upgrade }, state: { flag } }, { upgrade }],
  [
    'that is under way and has no agent',
    {
      status: { upgrade: { ...upgrade, blockers: [{ reason: 'busy', since: at }] } },
      around: { up: new Set() },
    },
    {
      upgrade: {
        ...upgrade,
        blockers: [
          {
            kind: 'agent',
            who: 'm0',
            reason: 'the agent of m0 is away',
            since: later,
            ends: 'it goes on by itself when the agent of m0 is back',
          },
        ],
      },
    },
  ],
  [
    'that is held',
    { around: { holds: [{ ...hold, unit: 'web/0' }] } },
    { holds: [{ ...hold, unit: 'web/0' }] },
  ],
  [
    'of a service that is held',
    { around: { holds: [hold, { ...hold, unit: 'web/1' }] } },
    { holds: undefined },
  ],
  [
    'that was asked something while its agent is away',
    {
      state: { asked: [{ what: 'resolved', relation: '4', by: 'ann@host', since: at }] },
      status: { relations: { 'db:4': { state: 'up', services: ['db'] } } },
      around: { up: new Set() },
    },
    { asked: [{ what: 'resolved', relation: 'db:4', by: 'ann@host', since: at }] },
  ],
  [
    'that was asked something, and has its agent',
    { state: { asked: [{ what: 'resolved', by: 'ann@host', since: at }] } },
    { asked: undefined },
  ],
  [
    'in an error',
    { status: { state: 'start-error', message: 'exit 1; next: mend', brief: 'exit 1', next: 'mend' } },
    { state: 'start-error', message: 'exit 1; next: mend', brief: 'exit 1', next: 'mend' },
  ],
  [
    'that tries a candidate',
    { unit: { formula: 'p:web-2-pr7' }, around: { candidates: new Map() } },
    { candidate: undefined },
  ],
];

describe('the entry of a unit in status', () => {
  for (const [what, { unit, status, state, around }, expected] of rows)
    it(`of one ${what}`, () => {
      const entry = unitEntry(
        {
          name: 'web/0',
          unit: { service: 'web', machine: 'm0', formula: one, ports: [], change: '', ...unit },
          status: { state: 'started', since: at, message: '', ...status },
          flag: undefined,
          ...state,
        },
        { name: 'web', formula: two },
        {
          up: new Set(['m0']),
          beside: new Map(),
          closed: undefined,
          candidates: undefined,
          holds: [],
          ...around,
        },
      );
      for (const [word, value] of Object.entries(expected))
        assert.deepEqual(Reflect.get(entry, word), value, word);
    });
});
