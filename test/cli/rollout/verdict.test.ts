import assert from 'node:assert/strict';
import { verdictOf } from '../../../cli/rollout/verdict.js';
import { decide } from '../../../control/rollout/decide.js';
import type { RolloutUnit } from '../../../control/rollout/rollout-unit.js';
import type { Rollout } from '../../../state/model/rollout.js';

const two = 'p:web-2';
const now = Date.UTC(2026, 0, 1, 12);
const at = new Date(now - 60_000).toISOString();

const done: Rollout = {
  id: 'r1',
  life: 'aaaaaaaaaaaa',
  from: 'p:web-1',
  to: two,
  revertTo: 'p:web-1',
  by: 'ann@host',
  requestedAt: at,
  parameters: { 'max-failed': '1' },
  state: 'done',
  closed: true,
  stateSince: at,
  countedFrom: at,
};

const there: RolloutUnit = {
  name: 'web/0',
  formula: two,
  agentUp: true,
  machine: 'm1',
  state: 'started',
  since: at,
  message: '',
  bad: [],
  relationsInError: [],
  leaving: false,
};

describe('the exit status after a rollout', () => {
  for (const [rule, state, code] of [
    ['is 0 where it is done', 'started', 0],
    ['is 1 where it is done though a unit failed that might', 'start-error', 1],
  ] as const)
    it(rule, () => {
      const units = [there, { ...there, name: 'web/1', state }];
      const decision = decide(done, { formula: two, units }, now);
      const watched = { units: new Map(), agentsUp: new Set<string>(), machines: [], recent: true };
      assert.equal(verdictOf('web', { rollout: done, decision, watched }, false).code, code);
    });
});
