import assert from 'node:assert/strict';
import { rolloutCell } from '../../../cli/status/rollout-cell.js';
import { rolloutEntry } from '../../../control/status/rollout-entry.js';
import type { UnitState } from '../../../control/status/snapshot.js';
import type { Rollout } from '../../../state/model/rollout.js';

const at = '2026-01-01T00:00:00.000Z';
const rollout: Rollout = {
  id: 'r1',
  life: 'aaaaaaaaaaaa',
  from: 'principia:web-11',
  to: 'principia:web-12',
  revertTo: 'principia:web-11',
  by: 'ann@host',
  requestedAt: at,
  parameters: {},
  state: 'running',
  stateSince: at,
  countedFrom: at,
};

const units = [11, 12, 12].map(
  (revision, index): UnitState => ({
    name: `web/${index}`,
    unit: { service: 'web', machine: 'm0', formula: `principia:web-${revision}`, ports: [], change: '' },
    status: { state: 'started', since: at, message: '' },
    flag: undefined,
  }),
);

describe('a rollout in status', () => {
  const rows: readonly (readonly [Partial<Rollout>, string, string | undefined])[] = [
    [{}, '2/3 on 12, running', undefined],
    [{ state: 'paused', gate: 'canary' }, '2/3 on 12, paused: canary', 'ensemble rollout promote web'],
    [{ state: 'paused', gate: 'operator' }, '2/3 on 12, paused: operator', 'ensemble rollout resume web'],
    [{ state: 'failed' }, '2/3 on 12, failed', 'ensemble rollout retry web'],
    [{ state: 'reverting', revert: true }, '1/3 on 11, reverting', undefined],
    [{ state: 'done' }, '-', undefined],
    [{ state: 'aborted' }, '-', undefined],
  ];
  for (const [change, cell, next] of rows) {
    it(`${change.state ?? 'running'} ${change.gate ?? ''}: ${cell}`, () => {
      const entry = rolloutEntry('web', { ...rollout, ...change }, units);
      assert.equal(rolloutCell(entry), cell);
      assert.equal(entry?.next, next);
      const waits = change.state === 'paused' || change.state === 'failed';
      assert.deepEqual(
        entry?.otherwise,
        waits ? ['ensemble rollout revert web', 'ensemble rollout abort web'] : undefined,
      );
    });
  }
});
