import assert from 'node:assert/strict';
import { unitLines } from '../../../cli/status/unit-lines.js';
import type { RolloutEntry } from '../../../control/status/rollout-entry.js';
import type { StatusDocument } from '../../../control/status/status-document.js';
import { statusDocument } from '../../../control/status/make-status-document.js';

const since = '2026-01-01T00:00:00.000Z';

/** A service set to revision 2, with units of these revisions. */
function documentOf(revisions: readonly number[], rollout?: RolloutEntry): StatusDocument {
  const document = statusDocument('world', {
    machines: [],
    services: [
      {
        name: 'f',
        service: {
          formula: 'world:f-2',
          repository: { name: 'world', path: '/w' },
          nextUnit: revisions.length,
          change: 'x',
        },
        exposed: false,
        holds: [],
        units: revisions.map((revision, index) => ({
          name: `f/${index}`,
          unit: { service: 'f', machine: 'm0', formula: `world:f-${revision}`, ports: [], change: 'x' },
          status: { state: 'started', since, message: '' },
          flag: undefined,
        })),
        relations: [],
      },
    ],
    required: new Map(),
    problems: [],
  });
  const { f } = document.services;
  assert.ok(f);
  return rollout === undefined ? document : { ...document, services: { f: { ...f, rollout } } };
}

const paused: RolloutEntry = {
  id: 'r1',
  to: 'world:f-2',
  state: 'paused',
  since: '2026-01-01T00:00:00.000Z',
  gate: 'canary',
  on: 1,
  of: 2,
  next: 'ensemble rollout promote f',
};

describe('units that are behind', () => {
  for (const [rule, revisions, rollout, expected] of [
    [
      'an upgrade to that very revision',
      [1, 2],
      undefined,
      ['1 of f stays so until: ensemble upgrade-formula --revision 2 f'],
    ],
    [
      'the word that their rollout waits for',
      [1, 1, 2],
      paused,
      ['2 of f stay so until: ensemble rollout promote f'],
    ],
    [
      'the rollout that goes on by itself',
      [1, 2],
      { id: 'r1', to: 'world:f-2', state: 'running', since: '2026-01-01T00:00:00.000Z', on: 1, of: 2 },
      ['1 of f follows by the rollout: ensemble rollout status f'],
    ],
    [
      'a way back for those that are further',
      [3, 1, 3],
      undefined,
      [
        '1 of f stays so until: ensemble upgrade-formula --revision 2 f',
        '2 of f stay so until: ensemble revert-formula f/0 f/2',
      ],
    ],
  ] as const)
    it(`names what takes units to the formula of their service: ${rule}`, () => {
      const lines = unitLines(documentOf(revisions, rollout), { columns: 200, hasColors: false });
      assert.deepEqual(
        lines.filter((line) => / of f /.test(line)).map((line) => line.trim()),
        expected,
      );
    });
});
