import assert from 'node:assert/strict';
import { statusDocument } from '../../../control/status/make-status-document.js';
import type { ServiceState, Snapshot } from '../../../control/status/snapshot.js';
import type { ServiceEntry } from '../../../control/status/status-document.js';

const at = '2026-01-01T00:00:00.000Z';
const now = Date.parse(at) + 60_000;
const formula = 'p:web-1';
const hold = { holder: 'bob@host', since: at, level: 'all', reason: 'audit' } as const;

const web: ServiceState = {
  name: 'web',
  service: { formula, repository: { name: 'p', path: '/p' }, nextUnit: 1, change: 'x' },
  exposed: false,
  holds: [],
  units: [
    {
      name: 'web/0',
      unit: { service: 'web', machine: 'm0', formula, ports: [], change: 'x' },
      status: { state: 'started', since: at, message: '' },
      flag: undefined,
    },
  ],
  relations: [],
};

function snapshot(service: ServiceState, more: Partial<Snapshot> = {}): Snapshot {
  return { machines: [], services: [service], required: new Map(), problems: [], ...more };
}

type Fields = { readonly [Word in keyof ServiceEntry]?: ServiceEntry[Word] | undefined };

const rows: readonly (readonly [
  what: string,
  change: Partial<ServiceState>,
  expected: Fields,
  more?: Partial<Snapshot>,
])[] = [
  [
    'at rest',
    {},
    {
      formula,
      repository: '/p',
      exposed: false,
      relations: {},
      rollout: undefined,
      holds: undefined,
      newer: undefined,
      unmade: undefined,
    },
  ],
  ['that is exposed', { exposed: true }, { exposed: true }],
  ['that goes', { service: { ...web.service, destroying: true } }, { destroying: true }],
  ['of subordinates', { service: { ...web.service, subordinate: true } }, { subordinate: true }],
  [
    'that lacks a relation',
    {},
    { missingRelations: ['db'] },
    { required: new Map([[formula, { db: { interface: 'mysql' } }]]) as unknown as Snapshot['required'] },
  ],
  ['that is held as a whole', { holds: [hold, { ...hold, unit: 'web/0' }] }, { holds: [hold] }],
  ['whose hold is over', { holds: [{ ...hold, until: at }] }, { holds: undefined }],
  [
    'that lacks units which were asked for',
    { service: { ...web.service, adding: [{ first: 1, units: 3, made: 1, machine: 'm0' }] } },
    { unmade: { units: 2, machines: ['m0'], next: 'ensemble add-unit --rest web' } },
  ],
  [
    'that goes, and is made no more of',
    { service: { ...web.service, destroying: true, adding: [{ first: 1, units: 3, made: 1 }] } },
    { unmade: undefined },
  ],
];

describe('what status says of a service', () => {
  for (const [what, change, expected, more] of rows)
    it(`of one ${what}`, () => {
      const entry = statusDocument('e', snapshot({ ...web, ...change }, more), '', now).services.web;
      for (const [word, value] of Object.entries(expected))
        assert.deepEqual(entry && Reflect.get(entry, word), value, word);
    });

  it('names the units beside another by that one', () => {
    const [unit] = web.units;
    assert.ok(unit);
    const beside = { ...unit, name: 'log/0', unit: { ...unit.unit, service: 'log', principal: 'web/0' } };
    const log: ServiceState = { ...web, name: 'log', units: [beside] };
    const document = statusDocument('e', snapshot(web, { services: [web, log] }), '', now);
    assert.deepEqual(document.services.web?.units['web/0']?.subordinates, ['log/0']);
    assert.equal(document.services.log?.units['log/0']?.principal, 'web/0');
  });

  it('says what cannot be read, where something cannot', () => {
    assert.equal('problems' in statusDocument('e', snapshot(web)), false);
    const problems = [{ path: '/services/db', reason: 'it is no JSON' }];
    assert.deepEqual(statusDocument('e', snapshot(web, { problems })).problems, problems);
  });
});

describe('what status says of a machine', () => {
  const machine = { name: 'm0', machine: { hostname: 'h' }, units: ['web/0'], version: 1 };
  for (const [what, change, expected] of [
    [
      'whose agent is up',
      { agent: { pid: 1, version: '0.1.0', since: at } },
      { agent: 'up', version: '0.1.0', hostname: 'h', units: 1, start: undefined },
    ],
    [
      'that is down',
      { agent: undefined, absence: { kind: 'down' } },
      { agent: 'down', version: null, stopped: undefined },
    ],
    [
      'whose agent was stopped',
      { agent: undefined, absence: { kind: 'stopped', at } },
      { agent: 'down', stopped: at },
    ],
    ['that cannot be read', { agent: undefined, isDamaged: true }, { agent: 'down', start: undefined }],
  ] as const)
    it(`of one ${what}`, () => {
      const machines = [{ ...machine, ...change }] as unknown as Snapshot['machines'];
      const entry = statusDocument('e', snapshot(web, { machines }), '', now).machines.m0;
      for (const [word, value] of Object.entries(expected))
        assert.deepEqual(entry && Reflect.get(entry, word), value, word);
    });
});
