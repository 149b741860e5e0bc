import assert from 'node:assert/strict';
import { decide } from '../../../control/rollout/decide.js';
import type { RolloutUnit } from '../../../control/rollout/rollout-unit.js';
import { afterVerb, type RolloutVerb } from '../../../control/rollout/verbs.js';
import type { Rollout } from '../../../state/model/rollout.js';

const [one, two] = ['p:web-1', 'p:web-2'] as const;
const now = Date.UTC(2026, 0, 1, 12);
const at = new Date(now - 60_000).toISOString();

const waiting: Rollout = {
  id: 'r1',
  life: 'aaaaaaaaaaaa',
  from: one,
  to: two,
  revertTo: one,
  by: 'ann@host',
  requestedAt: at,
  parameters: { canary: '1' },
  state: 'paused',
  gate: 'canary',
  stateSince: at,
  countedFrom: at,
};

const unit = (index: number, formula: string): RolloutUnit => ({
  name: `web/${index}`,
  formula,
  agentUp: true,
  machine: 'm1',
  state: 'started',
  since: at,
  message: '',
  bad: [],
  relationsInError: [],
  leaving: false,
});

/** What comes of a word to a canary that waits: the state, or the refusal and what helps. */
function said(verb: RolloutVerb, formulas: readonly string[]): string {
  const units = formulas.map((formula, index) => unit(index, formula));
  const { units: judged } = decide(waiting, { formula: two, units }, now);
  const answer = afterVerb(verb, waiting, judged, { now, by: 'bob@host', reason: '' });
  return 'refused' in answer ? `${answer.refused}: ${answer.instead}` : answer.rollout.state;
}

describe('a word to a canary that waits', () => {
  for (const [rule, verb, formulas, expected] of [
    ['takes the others on', 'promote', [one, two], 'running'],
    [
      'is refused where nobody is left who tried it',
      'promote',
      [one, one],
      'its canary was removed, so that nobody tried what the others would get: resume',
    ],
    ['has another one tried then', 'resume', [one, one], 'running'],
    ['has none tried where one is there', 'resume', [one, two], 'it waits for a word on its canary: promote'],
    ['goes on where the service has no unit left', 'promote', [], 'running'],
  ] as const)
    it(rule, () => assert.equal(said(verb, formulas), expected));
});
