import assert from 'node:assert/strict';

import { newRelationRecord, type RelationRecord } from '../../../agent/journal/relation-record.js';
import { relationFacts } from '../../../agent/relation/relation-facts.js';
import type { WorkflowState } from '../../../state/model/workflow-state.js';

const record: RelationRecord = newRelationRecord({
  unit: 'web/0',
  relation: '4',
  incarnation: 'a'.repeat(12),
  identifier: 'db:4',
  name: 'db',
  role: 'requires',
  interface: 'mysql',
  remoteService: 'mysql',
  meeting: '/relations/4/members',
});
const retry = {
  hook: 'db-relation-joined',
  failure: 'it exited with 1',
  since: '2026-01-01T00:00:00.000Z',
  until: '2026-01-01T00:01:00.000Z',
  attempt: 2,
};

describe('what observers are told of a relation', () => {
  const states: readonly (readonly [state: WorkflowState, told: 'up' | 'down'])[] = [
    ['started', 'up'],
    ['configuring', 'up'],
    ['stopping', 'up'],
    ['starting', 'down'],
    ['upgrading', 'down'],
    ['start-error', 'down'],
    ['upgrade-error', 'down'],
  ];
  for (const [state, told] of states)
    it(`is ${told} while the unit is ${state}`, () =>
      assert.deepEqual(relationFacts([record], state), { 'db:4': { state: told, services: ['mysql'] } }));

  it('is that it is in error, with the advice, whatever the unit does', () => {
    const failed = {
      ...record,
      error: 'it failed; next: ensemble x',
      brief: 'it failed',
      next: 'ensemble x',
    };
    for (const state of ['started', 'upgrading'] as const)
      assert.deepEqual(relationFacts([failed], state)['db:4'], {
        state: 'error',
        services: ['mysql'],
        message: 'it failed; next: ensemble x',
        brief: 'it failed',
        next: 'ensemble x',
      });
  });

  it('is one sentence of an error that a release before wrote', () =>
    assert.deepEqual(relationFacts([{ ...record, error: 'it failed' }], 'started')['db:4'], {
      state: 'error',
      services: ['mysql'],
      message: 'it failed',
    }));

  it('is that it is down where the unit cannot take part', () => {
    const troubles = new Map([['4', { message: 'no way', brief: 'no', next: 'ensemble y' }]]);
    assert.deepEqual(relationFacts([record], 'started', troubles)['db:4'], {
      state: 'down',
      services: ['mysql'],
      message: 'no way',
      brief: 'no',
      next: 'ensemble y',
    });
  });

  it('is when a hook that failed runs again, and how to have it run at once', () => {
    const facts = relationFacts([{ ...record, retry }], 'started')['db:4'];
    assert.equal(facts?.state, 'up');
    assert.equal(facts?.brief, 'it exited with 1; it runs again at 2026-01-01T00:01:00Z');
    assert.equal(facts?.next, 'ensemble resolved --retry web/0 db:4');
    assert.equal(facts?.waiting?.attempt, 2);
  });
});
