import assert from 'node:assert/strict';
import { type Attention, attentionOf, severityOf } from '../../../control/status/attention.js';
import type { MachineEntry, StatusDocument, UnitEntry } from '../../../control/status/status-document.js';

const since = '2026-01-01T12:00:00.000Z';
const now = Date.parse(since) + 90_000;
const blocker = { kind: 'busy', reason: 'a backup runs', since, ends: 'the backup ends' };
const upgrade = { step: 'waiting', from: 'p:web-1', to: 'p:web-2', since };
const hook = { name: 'config-changed', since, pid: 7, machine: 'm0', attempt: 1 };

function document(
  units: Readonly<Record<string, Partial<UnitEntry>>>,
  machine: Partial<MachineEntry> = {},
): StatusDocument {
  return {
    environment: 'e',
    machines: { m0: { agent: 'up', hostname: 'm0', version: '0.1.0', units: 1, ...machine } },
    services: {
      web: {
        formula: 'p:web-1',
        repository: '/p',
        exposed: false,
        relations: {},
        units: Object.fromEntries(Object.entries(units).map(([name, unit]) => [name, entry(unit)])),
      },
    },
    relations: {},
  };
}

function entry(change: Partial<UnitEntry>): UnitEntry {
  const rest = {
    machine: 'm0',
    agent: 'up',
    state: 'started',
    formula: 'p:web-1',
    since,
    message: '',
  } as const;
  return { ...rest, relations: {}, ports: [], ...change };
}

/** Of a unit, and of its machine, what somebody should know. */
const rows: readonly (readonly [
  what: string,
  unit: Partial<UnitEntry>,
  expected: readonly Attention[],
  machine?: Partial<MachineEntry>,
])[] = [
  ['nothing of one at rest', {}, []],
  [
    'an error, and the way out',
    { state: 'start-error', message: 'exit 1', next: 'ensemble resolved web/0' },
    [
      {
        who: 'web/0',
        what: 'start-error since 2026-01-01 12:00:00Z',
        text: 'exit 1',
        next: 'ensemble resolved web/0',
      },
    ],
  ],
  [
    'a relation in error',
    {
      relationErrors: {
        'db:4': { services: [], message: 'exit 1; next: mend', brief: 'exit 1', next: 'mend' },
      },
    },
    [{ who: 'web/0', what: 'relation db:4 in error', text: 'exit 1', next: 'mend' }],
  ],
  [
    'one without a machine',
    { blockers: [{ reason: 'all are cordoned', next: 'ensemble uncordon m0' }] },
    [
      {
        who: 'web/0',
        what: 'without a machine since 2026-01-01 12:00:00Z',
        text: 'all are cordoned',
        next: 'ensemble uncordon m0',
      },
    ],
  ],
  [
    'an upgrade that waits',
    { upgrade: { ...upgrade, blockers: [blocker] } },
    [
      {
        who: 'web/0',
        what: 'its upgrade to p:web-2 waits since 2026-01-01 12:00:00Z',
        text: 'a backup runs',
        next: 'the backup ends',
      },
    ],
  ],
  [
    'not that an upgrade waits for its agent, which is said of the machine',
    { upgrade: { ...upgrade, blockers: [{ ...blocker, kind: 'agent' }] } },
    [],
  ],
  [
    'of one in an error that alone, and not what its upgrade waits for',
    { state: 'start-error', upgrade: { ...upgrade, blockers: [blocker] } },
    [{ who: 'web/0', what: 'start-error since 2026-01-01 12:00:00Z', text: '', next: undefined }],
  ],
  [
    'what its agent goes on trying, and names a command for',
    { state: 'installing', message: 'no storage', next: 'mount it' },
    [{ who: 'web/0', what: 'installing since 2026-01-01 12:00:00Z', text: 'no storage', next: 'mount it' }],
  ],
  [
    'a hook that runs for long',
    { hook },
    [
      {
        who: 'web/0',
        what: 'config-changed runs since 2026-01-01 12:00:00Z',
        text: '',
        next: 'where it hangs: ensemble abort web/0',
      },
    ],
  ],
  [
    'a hook that keeps one from going',
    { hook, removing: true },
    [
      {
        who: 'web/0',
        what: 'config-changed runs since 2026-01-01 12:00:00Z',
        text: 'it is to be removed, and goes when that has ended',
        next: 'where it hangs: ensemble abort web/0',
      },
    ],
  ],
  ['no hook that runs for a moment', { hook: { ...hook, since: new Date(now - 1_000).toISOString() } }, []],
  ['no hook of an agent that is away', { hook, agent: 'down' }, []],
  [
    'what waits for an agent',
    { asked: [{ what: 'resolved', relation: 'db:4', by: 'ann@host', since }] },
    [
      {
        who: 'web/0',
        what: 'resolved of relation db:4 was asked at 2026-01-01 12:00:00Z by ann@host',
        text: 'it waits for the agent of m0',
      },
    ],
  ],
  [
    'a machine that is down',
    {},
    [
      {
        who: 'm0',
        what: 'no agent is running',
        text: 'start it',
        next: 'where m0 is lost for good: ensemble remove-machine --force m0',
      },
    ],
    { agent: 'down', start: 'start it' },
  ],
  [
    'a machine whose agent was stopped',
    {},
    [
      {
        who: 'm0',
        what: 'its agent was stopped at 2026-01-01 12:00:00Z',
        text: 'start it',
        next: 'where m0 is lost for good: ensemble remove-machine --force m0',
      },
    ],
    { agent: 'down', start: 'start it', stopped: since },
  ],
  [
    'a machine whose agent is suspended, which is not lost',
    {},
    [{ who: 'm0', what: 'its agent is suspended (Ctrl-Z, SIGSTOP): process 7', text: 'kill -CONT 7' }],
    { agent: 'down', start: 'kill -CONT 7', suspended: 7 },
  ],
  ['no machine without units', {}, [], { agent: 'down', start: 'start it', units: 0 }],
  [
    'a machine that keeps more than is free',
    {},
    [
      {
        who: 'm0',
        what: 'only 1.0 MB are free, and 2.0 MB are kept of removed units',
        text: '',
        next: 'ensemble prune --removed m0',
      },
    ],
    { kept: { units: 1, bytes: 2_000_000, until: since }, free: 1_000_000 },
  ],
];

describe('what somebody should know of', () => {
  for (const [what, unit, expected, machine] of rows)
    it(what, () => assert.deepEqual(attentionOf(document({ 'web/0': unit }, machine), now), expected));

  it('stands errors first, and what one command asked of several units once', () => {
    const asked = [{ what: 'config-changed', by: 'ann@host', since }];
    const found = attentionOf(
      document({
        'web/0': { hook },
        'web/1': { asked },
        'web/2': { asked },
        'web/3': { state: 'start-error' },
      }),
      now,
    );
    assert.deepEqual(
      found.map(({ who }) => who),
      ['web/3', 'web/0', 'web/1, web/2'],
    );
  });
});

describe('how much a unit needs somebody', () => {
  const units: readonly (readonly [string, Partial<UnitEntry>, string])[] = [
    ['at rest', {}, 'fine'],
    ['in an error', { state: 'upgrade-error' }, 'error'],
    [
      'with a relation in error',
      { relationErrors: { 'db:4': { services: [], message: 'exit 1' } } },
      'error',
    ],
    ['whose upgrade waits', { upgrade: { ...upgrade, blockers: [blocker] } }, 'waiting'],
    ['whose upgrade goes on', { upgrade }, 'fine'],
    ['without its agent', { agent: 'down' }, 'waiting'],
    ['in an error, without its agent', { agent: 'down', state: 'start-error' }, 'error'],
  ];
  for (const [what, unit, expected] of units)
    it(`one ${what}: ${expected}`, () => assert.equal(severityOf(entry(unit)), expected));

  const stands = { id: 'r1', to: 'p:web-2', since, on: 1, of: 2, next: 'ensemble rollout retry web' };
  const otherwise = ['ensemble rollout revert web', 'ensemble rollout abort web'];
  for (const [state, more, what] of [
    ['failed', {}, 'its rollout to p:web-2 failed since 2026-01-01 12:00:00Z'],
    ['paused', { gate: 'canary' }, 'its rollout to p:web-2 is paused (canary) since 2026-01-01 12:00:00Z'],
    ['running', {}, undefined],
    ['reverting', {}, undefined],
  ] as const)
    it(`is a rollout that waits for a word, with all that may be said: ${state}`, () => {
      const { services, ...rest } = document({ 'web/0': {} });
      const { web } = services;
      assert.ok(web);
      const rollout = { ...stands, state, reason: 'web/1 failed: exit 1', otherwise, ...more };
      const all = attentionOf({ ...rest, services: { web: { ...web, rollout } } }, now);
      const text = 'web/1 failed: exit 1';
      const next = [stands.next, ...otherwise].join(', or: ');
      assert.deepEqual(all, what === undefined ? [] : [{ who: 'web', what, text, next }]);
    });
});
