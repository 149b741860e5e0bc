import assert from 'node:assert/strict';
import { foresee } from '../../../control/rollout/foresee.js';
import type { RolloutUnit } from '../../../control/rollout/rollout-unit.js';
import type { RolloutParameters } from '../../../state/formula/rollout-parameters.js';
import type { Rollout } from '../../../state/model/rollout.js';

const one = 'principia:web-1';
const two = 'principia:web-2';
const three = 'principia:web-3';
const now = Date.UTC(2026, 0, 1, 12);
const at = new Date(now).toISOString();
const before = new Date(now - 3_600_000).toISOString();

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

/**
 * Units in a letter each, `web/0` first: `1` on the old formula, `2` there, `u` under way, `U` under way elsewhere, `F` flagged
 * for another revision by a rollout before, `e` in an error of before, `a` its agent is away, `H` held, `v` there and unhealthy.
 */
function unit(letter: string, index: number): RolloutUnit {
  const rests = {
    name: `web/${index}`,
    formula: one,
    agentUp: true,
    machine: 'm1',
    state: 'started',
    since: before,
    message: '',
    bad: [],
    relationsInError: [],
    leaving: false,
  };
  const flag = { to: two, requestedAt: at, rollout: 'r1' };
  const upgrade = { step: 'hook', to: two, since: at, blockers: [] };
  const elsewhere = { to: three, requestedAt: before, rollout: 'r0' };
  const letters: Readonly<Record<string, RolloutUnit>> = {
    1: rests,
    2: { ...rests, formula: two },
    u: { ...rests, flag, state: 'upgrading', since: at, upgrade },
    U: { ...rests, formula: three, flag, state: 'upgrading', since: at, upgrade: { ...upgrade, to: one } },
    F: { ...rests, flag: elsewhere },
    e: { ...rests, state: 'start-error' },
    a: { ...rests, agentUp: false },
    H: { ...rests, held: { kind: 'held', reason: 'held by bob', since: before } },
    v: { ...rests, formula: two, health: { healthy: false, since: at, reason: 'no page' } },
  };
  const found = letters[letter];
  if (found === undefined) throw new Error(letter);
  return found;
}

const rows: readonly (readonly [
  rule: string,
  parameters: RolloutParameters,
  units: string,
  waves: string,
  waiting?: string,
  rollout?: Partial<Rollout>,
])[] = [
  ['one after the other, the highest number first', {}, '1 1 1', '2 | 1 | 0'],
  ['some at once', { 'max-parallel': '2' }, '1 1 1 1 1', '4 3 | 2 1 | 0'],
  ['all at once', { strategy: 'all' }, '1 1 1', '2 1 0'],
  ['in lockstep', { strategy: 'lockstep' }, '1 1 1', '2 1 0'],
  ['a canary', { canary: '1', 'max-parallel': '2' }, '1 1 1 1', '3 canary | 2 1 | 0'],
  ['canaries one after the other', { canary: '2' }, '1 1 1', '2 | 1 canary | 0'],
  ['a canary by name', { canary: 'web/0' }, '1 1 1', '0 canary | 2 | 1'],
  ['a canary of all', { canary: '2', strategy: 'all' }, '1 1', '1 0 canary'],
  ['a pause after the first wave', { 'pause-after': 'first' }, '1 1 1', '2 wave | 1 | 0', '', { allowed: 1 }],
  ['a pause after each wave', { 'pause-after': 'all' }, '1 1 1', '2 wave | 1 wave | 0', '', { allowed: 1 }],
  [
    'a canary, and a pause after each wave',
    { canary: '1', 'pause-after': 'all' },
    '1 1 1',
    '2 canary | 1 wave | 0',
    '',
    { allowed: 1 },
  ],
  ['what is there needs no wave', {}, '1 2 1', '2 | 0'],
  ['what is under way arrives first', {}, '1 1 u', '(2) 1 | 0'],
  ['what is flagged for another revision is asked anew', { 'max-parallel': '2' }, '1 1 F', '2 1 | 0'],
  ['one that is held is left out', {}, '1 H 1', '2 | 0', '1 held'],
  ['one in an error keeps the others', {}, '1 e 1', '', '0 turn, 1 error, 2 turn'],
  ['by force it goes first', {}, '1 e 1', '1 | 2 | 0', '', { force: true }],
  ['one whose agent is away is not waited for', { 'max-parallel': '2' }, '1 a 1', '2 | 0', '1 agent'],
  ['one that is unhealthy does not become healthy by itself', {}, '1 1 v', '', '0 turn, 1 turn, 2 health'],
  [
    'one that waits for its canary goes on',
    { canary: '1' },
    '1 1 2',
    '1 | 0',
    '',
    { state: 'paused', gate: 'canary' },
  ],
  ['one that is paused goes on', {}, '1 1 2', '1 | 0', '', { state: 'paused', gate: 'operator' }],
  ['an old one has as much time as a new one', {}, '1 1 2', '1 | 0', '', { stateSince: before }],
];

describe('how a rollout is foreseen', () => {
  for (const [rule, parameters, letters, expected, expectedLeft = '', change = {}] of rows) {
    it(rule, () => {
      const units = letters.split(' ').map(unit);
      const rollout: Rollout = { ...begun, ...change, parameters: { ...parameters } };
      const { underWay, waves, waiting } = foresee(rollout, { formula: two, units }, now);
      const coming = underWay.map((name) => `(${name.slice(4)}) `).join('');
      const said = waves.map(({ units: asked, pause }) =>
        [...asked.map((name) => name.slice(4)), ...(pause === null ? [] : [pause])].join(' '),
      );
      assert.equal(coming + said.join(' | '), expected);
      assert.equal(waiting.map(({ who, kind }) => `${who.slice(4)} ${kind}`).join(', '), expectedLeft);
    });
  }
});
