import assert from 'node:assert/strict';
import { lastCompleted, rememberedBefore } from '../../../control/rollout/last-completed.js';
import type { Rollout } from '../../../state/model/rollout.js';
import type { Service } from '../../../state/model/service-schemas.js';

const begun: Rollout = {
  id: 'r1',
  life: 'aaaaaaaaaaaa',
  from: 'p:web-1',
  to: 'p:web-2',
  revertTo: 'p:web-1',
  by: 'ann@host',
  requestedAt: '2026-01-01T12:00:00Z',
  parameters: {},
  state: 'running',
  stateSince: '2026-01-01T12:00:00Z',
  countedFrom: '2026-01-01T12:00:00Z',
};

type Known = Partial<Pick<Service, 'previous' | 'earlier' | 'forUnits'>>;

const rows: readonly (readonly [
  rule: string,
  revision: number,
  service: Known,
  rollout: Partial<Rollout> | undefined,
  completed: string,
])[] = [
  ['what failed is none', 2, { previous: 'p:web-1' }, { state: 'failed' }, '1'],
  ['nor is what was aborted', 2, { previous: 'p:web-1' }, { state: 'aborted', closed: true }, '1'],
  [
    'nor a canary that was not promoted',
    2,
    { previous: 'p:web-1' },
    { state: 'paused', gate: 'canary' },
    '1',
  ],
  ['nor what is under way', 2, { previous: 'p:web-1' }, {}, '1'],
  ['what is done is one', 2, { previous: 'p:web-1' }, { state: 'done' }, '2'],
  ['what was only deployed is one', 1, {}, undefined, '1'],
  ['what an older release upgraded is one', 2, { previous: 'p:web-1' }, undefined, '2'],
  ['where units go back to is one', 1, {}, { revert: true, state: 'reverting' }, '1'],
  ['also where somebody aborted that', 1, {}, { revert: true, state: 'aborted' }, '1'],
  [
    'what single units were set to is none',
    3,
    { previous: 'p:web-2', forUnits: true },
    { state: 'done' },
    '2',
  ],
  ['though nothing was rolled out before', 2, { previous: 'p:web-1', forUnits: true }, undefined, '1'],
  ['unless all follow', 2, { previous: 'p:web-1', forUnits: true }, { state: 'done' }, '2'],
  ['a clone leaves its service as it was', 1, {}, { clone: { service: 'web-r2' } }, '1'],
];

describe('the formula that a way back leads to', () => {
  for (const [rule, revision, service, rollout, completed] of rows)
    it(rule, () => {
      const standing = rollout && { ...begun, ...rollout };
      assert.equal(
        lastCompleted({ formula: `p:web-${revision}`, ...service }, standing),
        `p:web-${completed}`,
      );
    });

  it('is remembered with the one before it', () => {
    const known = { formula: 'p:web-3', previous: 'p:web-2', earlier: ['p:web-1'] };
    assert.deepEqual(rememberedBefore(known, 'p:web-3'), { previous: 'p:web-3', earlier: ['p:web-2'] });
    assert.deepEqual(rememberedBefore(known, 'p:web-2'), { previous: 'p:web-2', earlier: ['p:web-1'] });
    // A service of an older release may remember what failed.
    assert.deepEqual(rememberedBefore(known, 'p:web-1'), { previous: 'p:web-1', earlier: [] });
    assert.deepEqual(rememberedBefore(known, 'p:web-0'), { previous: 'p:web-0', earlier: [] });
  });
});
