import assert from 'node:assert/strict';
import { decide } from '../../../control/rollout/decide.js';
import type { RolloutUnit } from '../../../control/rollout/rollout-unit.js';
import { afterVerb, type RolloutVerb, type VerbRequest } from '../../../control/rollout/verbs.js';
import type { Rollout } from '../../../state/model/rollout.js';

const [one, two] = ['p:web-1', 'p:web-2'] as const;
const now = Date.UTC(2026, 0, 1, 12);
const at = new Date(now - 60_000).toISOString();

const begun: Rollout = {
  id: 'r1',
  life: 'aaaaaaaaaaaa',
  from: one,
  to: two,
  revertTo: one,
  by: 'ann@host',
  requestedAt: at,
  parameters: {},
  state: 'running',
  stateSince: at,
  countedFrom: at,
};

/** Units in a letter each, `web/0` first: `1` on the old formula, `2` there, `a` there with its agent away, `E` failed. */
function units(letters: string): readonly RolloutUnit[] {
  return letters.split(' ').flatMap((letter, index) =>
    letter === ''
      ? []
      : [
          {
            name: `web/${index}`,
            formula: letter === '2' || letter === 'a' ? two : one,
            agentUp: letter !== 'a',
            machine: 'm1',
            state: letter === 'E' ? 'upgrade-error' : 'started',
            since: at,
            message: '',
            bad: [],
            relationsInError: [],
            leaving: false,
            ...(letter === 'E' && { flag: { to: two, requestedAt: at, rollout: 'r1' } }),
          },
        ],
  );
}

function asked(
  verb: RolloutVerb,
  change: Partial<Rollout>,
  letters: string,
  request: Partial<VerbRequest> = {},
): ReturnType<typeof afterVerb> {
  const rollout: Rollout = { ...begun, ...change };
  const { units: judged } = decide(rollout, { formula: two, units: units(letters) }, now);
  return afterVerb(verb, rollout, judged, { now, by: 'bob@host', reason: '', ...request });
}

const canary: Partial<Rollout> = { state: 'paused', gate: 'canary', parameters: { canary: '1' } };
const pair: Partial<Rollout> = { ...canary, parameters: { canary: '2' } };
const named: Partial<Rollout> = { ...canary, parameters: { canary: 'web/1,web/7' } };
const wave: Partial<Rollout> = {
  state: 'paused',
  gate: 'wave',
  parameters: { 'pause-after': 'all' },
  allowed: 1,
};
const held: Partial<Rollout> = { state: 'paused', gate: 'operator' };
/** It leads to the formula of the last completed rollout. */
const nowhere: Partial<Rollout> = { revertTo: two };
const already = `it leads to ${two} already, as the last rollout did that was completed`;
const back: Partial<Rollout> = { state: 'reverting', revert: true };
const clone: Partial<Rollout> = {
  state: 'paused',
  gate: 'clone',
  clone: { service: 'web-r2', made: true },
  parameters: { strategy: 'clone' },
};

/** What comes of a word: the state that follows, or the refusal and what helps instead. */
const rows: readonly (readonly [
  verb: RolloutVerb,
  to: string,
  change: Partial<Rollout>,
  units: string,
  expected: string,
  request?: Partial<VerbRequest>,
])[] = [
  ['pause', 'one that runs', {}, '1 2', 'paused operator'],
  ['pause', 'one that goes back', back, '1 2', 'paused operator'],
  ['pause', 'one that is paused', held, '1 2', 'it is paused: status'],
  ['pause', 'one that failed', { state: 'failed' }, '1 E', 'it is failed: status'],
  ['pause', 'one that is done', { state: 'done' }, '2 2', 'it is done: status'],

  ['resume', 'one that somebody paused', held, '1 2', 'running'],
  ['resume', 'one that was paused on its way back', { ...held, revert: true }, '1 2', 'reverting'],
  ['resume', 'one that waits after a wave', wave, '1 2', 'running'],
  ['resume', 'one that runs', {}, '1 2', 'it is running, not paused: status'],
  ['resume', 'one that failed', { state: 'failed' }, '1 E', 'it failed: retry'],
  ['resume', 'one whose canary waits', canary, '1 2', 'it waits for a word on its canary: promote'],
  ['resume', 'one whose canary was removed', canary, '1 1', 'running'],
  ['resume', 'one whose canary lost one of two', pair, '1 2', 'running'],
  ['resume', 'one whose canary of two is whole', pair, '1 2 2', 'it waits for a word on its canary: promote'],
  ['resume', 'one whose canary lost one that was named', named, '1 2', 'running'],
  ['resume', 'one with another in its place', named, '2 2 1', 'it waits for a word on its canary: promote'],
  ['resume', 'one whose clone waits', clone, '', 'it waits for a word on its clone: promote'],

  ['promote', 'one whose canary is healthy', canary, '1 2', 'running'],
  ['promote', 'one whose canary lost one of two', pair, '1 2', 'running'],
  ['promote', 'one whose canary is away', canary, '1 a', 'its canary web/1 is not healthy: status'],
  [
    'promote',
    'one with a named canary that is away',
    { ...canary, parameters: { canary: 'web/1' } },
    '1 a',
    'its canary web/1 is not healthy: status',
  ],
  [
    'promote',
    'one with another than its named canary away',
    { ...canary, parameters: { canary: 'web/1' } },
    'a 2',
    'running',
  ],
  [
    'promote',
    'one in whose place another one is tried, and away',
    named,
    'a 2 1',
    'its canary web/0 is not healthy: status',
  ],
  [
    'promote',
    'one whose canary was removed',
    canary,
    '1 1',
    'its canary was removed, so that nobody tried what the others would get: resume',
  ],
  ['promote', 'one without units', canary, '', 'running'],
  ['promote', 'one without a canary', {}, '1 2', 'no canary of it waits: status'],
  ['promote', 'one that somebody paused', held, '1 2', 'it is paused: status'],
  ['promote', 'one that is done', { state: 'done' }, '2 2', 'it is done: status'],
  [
    'promote',
    'one without a clone that is to stay',
    canary,
    '1 2',
    'it has no clone, so --keep has nothing to say: promote',
    { keep: true },
  ],
  [
    'promote',
    'one without a clone, by force',
    canary,
    '1 2',
    'it has no clone, so --force has nothing to say: promote',
    { force: true },
  ],
  ['promote', 'one whose clone waits', clone, '', 'running'],
  ['promote', 'one whose clone is made', { ...clone, state: 'running' }, '', 'no clone of it waits: status'],
  [
    'promote',
    'one whose clone is smaller',
    clone,
    '',
    'its clone web-r2 has 1 of 3 units: ensemble add-unit -n 2 web-r2',
    { lacks: { has: 1, lack: 2 } },
  ],
  [
    'promote',
    'one whose clone is smaller, by force',
    clone,
    '',
    'running',
    { lacks: { has: 1, lack: 2 }, force: true },
  ],

  ['abort', 'one that runs', {}, '1 2', 'aborted'],
  ['abort', 'one that is paused', held, '1 2', 'aborted'],
  ['abort', 'one that failed', { state: 'failed' }, '1 E', 'aborted'],
  ['abort', 'one that goes back', back, '1 2', 'aborted'],
  ['abort', 'one whose clone was promoted', { ...clone, state: 'running', promoted: true }, '', 'aborted'],
  ['abort', 'one that was aborted', { state: 'aborted' }, '1 2', 'it is aborted: status'],
  ['abort', 'one that is done', { state: 'done' }, '2 2', 'it is done: status'],

  ['revert', 'one that runs', {}, '1 2', 'reverting'],
  ['revert', 'one that is paused', canary, '1 2', 'reverting'],
  ['revert', 'one that failed', { state: 'failed' }, '1 E', 'reverting'],
  ['revert', 'one that goes back', back, '1 2', 'it goes back already: status'],
  ['revert', 'one that is done', { state: 'done' }, '2 2', 'it is done: status'],
  ['revert', 'one that runs to where it would go back', nowhere, '1 2', `${already}: abort`],
  ['revert', 'one that is paused there', { ...held, ...nowhere }, '1 2', `${already}: abort`],
  ['revert', 'one that failed there', { ...nowhere, state: 'failed' }, '1 E', `${already}: retry`],
  ['revert', 'one that is done there', { ...nowhere, state: 'done' }, '2 2', 'it is done: status'],
  ['revert', 'one with a clone', clone, '', 'no unit of the service runs anything else: abort'],

  ['retry', 'one that failed', { state: 'failed' }, '1 E', 'running'],
  ['retry', 'one that failed on its way back', { state: 'failed', revert: true }, '1 2', 'reverting'],
  ['retry', 'one that runs', {}, '1 2', 'it is running, not failed: status'],
  ['retry', 'one that is paused', held, '1 2', 'it is paused, not failed: status'],
];

describe('a word to a rollout', () => {
  for (const [verb, to, change, letters, expected, request] of rows)
    it(`${verb}, to ${to}: ${expected}`, () => {
      const answer = asked(verb, change, letters, request);
      const said =
        'refused' in answer
          ? `${answer.refused}: ${answer.command ?? answer.instead}`
          : [answer.rollout.state, answer.rollout.gate].join(' ').trim();
      assert.equal(said, expected);
    });

  const written: readonly (readonly [
    what: string,
    verb: RolloutVerb,
    change: Partial<Rollout>,
    expected: Partial<Record<keyof Rollout, unknown>>,
    request?: Partial<VerbRequest>,
  ])[] = [
    ['who paused it, and why', 'pause', {}, { stateBy: 'bob@host', reason: 'lunch' }, { reason: 'lunch' }],
    [
      'no reason where none was given',
      'resume',
      { ...held, reason: 'lunch' },
      { reason: undefined, gate: undefined },
    ],
    ['how far the next wave goes', 'resume', wave, { allowed: 2 }],
    ['that the canary was promoted', 'promote', canary, { promoted: true, gate: undefined }],
    [
      'that the service stays beside its clone',
      'promote',
      clone,
      { promoted: true, keep: true },
      { keep: true },
    ],
    ['from when failures count', 'retry', { state: 'failed' }, { countedFrom: new Date(now).toISOString() }],
    ['that it goes back', 'revert', wave, { revert: true, allowed: undefined }],
    [
      'that nothing is left to do, where the clone was promoted',
      'abort',
      { ...clone, promoted: true },
      { closed: true },
    ],
    ['that something is, else', 'abort', {}, { closed: undefined }],
  ];
  for (const [what, verb, change, expected, request] of written)
    it(`${verb} writes down ${what}`, () => {
      const answer = asked(verb, change, change.clone === undefined ? '1 2' : '', request);
      assert.ok('rollout' in answer);
      for (const [word, value] of Object.entries(expected))
        assert.deepEqual(Reflect.get(answer.rollout, word), value, word);
    });
});
