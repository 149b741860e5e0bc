import assert from 'node:assert/strict';
import { unitLines } from '../../../cli/status/unit-lines.js';
import type { StatusDocument, UnitEntry } from '../../../control/status/status-document.js';

const since = '2026-01-01T00:00:00.000Z';
const screen = { columns: 200, hasColors: false };

function documentOf(units: Readonly<Record<string, Partial<UnitEntry>>>): StatusDocument {
  const rest = {
    machine: 'm0',
    agent: 'up',
    state: 'started',
    formula: 'p:web-2',
    since,
    message: '',
  } as const;
  return {
    environment: 'e',
    machines: { m0: { agent: 'up', hostname: 'm0', version: '0.1.0', units: 1 } },
    services: {
      web: {
        formula: 'p:web-2',
        repository: '/p',
        exposed: false,
        relations: {},
        units: Object.fromEntries(
          Object.entries(units).map(([name, unit]) => [name, { ...rest, relations: {}, ports: [], ...unit }]),
        ),
      },
    },
    relations: {},
  };
}

const upgrade = { step: 'hook', from: 'p:web-1', to: 'p:web-2', since };
const hold = { holder: 'bob@host', since, level: 'all', reason: 'audit' } as const;

/** The cells of a unit's line, but for its name. */
const rows: readonly (readonly [string, Partial<UnitEntry>, readonly string[]])[] = [
  ['at rest', {}, ['started', 'm0', 'p:web-2', '-', '-']],
  [
    'with a workload of its own words',
    { workload: 'serves' },
    ['started, serves', 'm0', 'p:web-2', '-', '-'],
  ],
  [
    'that is unhealthy',
    { health: { state: 'unhealthy', since } },
    ['started, unhealthy', 'm0', 'p:web-2', '-', '-'],
  ],
  ['that is held', { holds: [hold] }, ['started, held', 'm0', 'p:web-2', '-', '-']],
  ['that is to go', { removing: true }, ['started, to be removed', 'm0', 'p:web-2', '-', '-']],
  ['without a machine', { machine: null, formula: null }, ['started', '-', '-', '-', '-']],
  ['with ports', { ports: ['80/tcp', '443/tcp'] }, ['started', 'm0', 'p:web-2', '-', '80/tcp 443/tcp']],
  [
    'that is upgraded',
    { state: 'upgrading', formula: 'p:web-1', upgrade },
    ['upgrading', 'm0', 'p:web-1 *', 'hook', '-'],
  ],
  ['that says something', { message: 'exit 1' }, ['started', 'm0', 'p:web-2', '-', '-', 'exit 1']],
  [
    'that says something long',
    { message: 'exit 1; next: mend', brief: 'exit 1' },
    ['started', 'm0', 'p:web-2', '-', '-', 'exit 1'],
  ],
  [
    'that was asked something',
    { asked: [{ what: 'resolved', by: 'ann@host', since }] },
    ['started', 'm0', 'p:web-2', '-', '-', 'asked, and not taken up: resolved'],
  ],
  [
    'that was asked to go, which its state says',
    { asked: [{ what: 'remove-unit', by: 'ann@host', since }] },
    ['started', 'm0', 'p:web-2', '-', '-'],
  ],
];

describe('the line of a unit in status', () => {
  for (const [what, unit, expected] of rows)
    it(`of one ${what}`, () => {
      const [, line = ''] = unitLines(documentOf({ 'web/0': unit }), screen);
      assert.deepEqual(line.trim().split(/ {2,}/), ['web/0', ...expected]);
    });

  it('stands below what failed, and that what waits, those beside another indented below it', () => {
    const lines = unitLines(
      documentOf({
        'web/0': { subordinates: ['log/0'] },
        'log/0': { principal: 'web/0' },
        'web/1': { agent: 'down' },
        'web/2': { state: 'start-error' },
      }),
      screen,
    );
    assert.deepEqual(
      lines.map((line) => /^ *\S+/.exec(line)?.[0]),
      ['UNIT', 'web/2', 'web/1', 'web/0', '  log/0'],
    );
  });

  it('has the colour of what it needs, where there are colours', () => {
    const units = { 'web/0': {}, 'web/1': { agent: 'down' as const }, 'web/2': { state: 'start-error' } };
    const lines = unitLines(documentOf(units), { ...screen, hasColors: true });
    assert.deepEqual(
      lines.slice(1).map((line) => line.includes('\u001b[')),
      [true, true, false],
    );
  });

  it('is none where there are no units', () => assert.deepEqual(unitLines(documentOf({}), screen), []));
});
