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

describe('what may be said instead to a rollout that waits for a word', () => {
  const back = 'or have it go back: ensemble rollout revert web';
  const end = 'or leave all units where they are: ensemble rollout abort web';
  const rows: readonly (readonly [what: string, change: Partial<Rollout>, said: string])[] = [
    ['failed', { state: 'failed' }, back],
    ['waits for a word on its canary', { state: 'paused', gate: 'canary' }, back],
    ['is paused', { state: 'paused', gate: 'operator' }, back],
    ['failed where it would go back', { state: 'failed', revertTo: two }, end],
    ['waits there', { state: 'paused', gate: 'canary', revertTo: two }, end],
    ['is paused there', { state: 'paused', gate: 'operator', revertTo: two }, end],
    ['failed on its way back', { state: 'failed', revert: true }, end],
    ['is paused on its way back', { state: 'paused', gate: 'operator', revert: true }, end],
  ];
  for (const [what, change, said] of rows)
    it(`where it ${what}: ${said}`, () => {
      const { closed: _, ...open } = done;
      const rollout: Rollout = { ...open, ...change };
      const decision = decide(rollout, { formula: two, units: [there] }, now);
      const watched = { units: new Map(), agentsUp: new Set<string>(), machines: [], recent: true };
      const { lines } = verdictOf('web', { rollout, decision, watched }, rollout.revert === true);
      assert.equal(lines.at(-1)?.trim(), said);
    });
});
