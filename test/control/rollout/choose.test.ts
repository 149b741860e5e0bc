import assert from 'node:assert/strict';
import {
  chooseUnits,
  isCanaryPhase,
  limitsOf,
  nextWave,
  wholeWave,
} from '../../../control/rollout/choose.js';
import { judge } from '../../../control/rollout/judge.js';
import type { RolloutUnit } from '../../../control/rollout/rollout-unit.js';
import { type RolloutParameters, rulesOf } from '../../../state/formula/rollout-parameters.js';
import type { Rollout } from '../../../state/model/rollout.js';
import { ago, begun, flag, now, three, two, unitWith, upgrade } from './begun-rollout.js';

/** `1` on the old formula, `2` there, `f` flagged, `u` under way elsewhere, `a` its agent is away, `e` in an error of before, `E` failed, `n` has nothing installed. */
const letters: Readonly<Record<string, Partial<RolloutUnit>>> = {
  '1': {},
  '2': { formula: two },
  f: { flag },
  u: { state: 'upgrading', upgrade: { ...upgrade, to: three } },
  a: { agentUp: false },
  e: { state: 'start-error' },
  E: { state: 'upgrade-error', since: ago(10), flag, upgrade },
  n: { formula: null, state: 'installing' },
};

function judged(text: string, rollout: Rollout) {
  return text
    .split(' ')
    .map((letter, index) =>
      judge(unitWith(letters[letter], index), rollout, rulesOf(rollout.parameters), now),
    );
}

const canary = { canary: '2' };
const named = { canary: 'web/0,web/9' };
const back: Partial<Rollout> = { revert: true, state: 'reverting' };

/** How many may be away, are, are under way, and may still be taken on; and what the canary lacks. */
const limits: readonly (readonly [string, string, RolloutParameters, string, Partial<Rollout>?])[] = [
  ['a quarter, at least one', '1 1 1', {}, '1 away 0 flying 0 left Infinity lacks 0'],
  [
    'a share of those that are installed',
    '1 1 1 1 n n n n',
    { 'max-parallel': '50%' },
    '2 away 0 flying 0 left Infinity lacks 0',
  ],
  [
    'any number with strategy all',
    '1 1',
    { strategy: 'all' },
    'Infinity away 0 flying 0 left Infinity lacks 0',
  ],
  ['one that is away for another reason', '1 a 1', {}, '1 away 1 flying 0 left Infinity lacks 0'],
  ['one that failed holds no place', '1 E f', {}, '1 away 1 flying 1 left Infinity lacks 0'],
  ['as many as the canary has', '1 1 1 1', canary, '1 away 0 flying 0 left 2 lacks 2'],
  ['what is left of the canary', '1 1 1 f', canary, '1 away 1 flying 1 left 1 lacks 1'],
  ['a canary no larger than the service', '1 n n', canary, '1 away 0 flying 0 left 1 lacks 1'],
  ['one that is gone of those that were named', '1 1', named, '1 away 0 flying 0 left Infinity lacks 1'],
  ['another one is in its place', '2 2', named, '1 away 0 flying 0 left Infinity lacks 0'],
  [
    'nothing of a canary that was promoted',
    '1 2',
    canary,
    '1 away 0 flying 0 left Infinity lacks 0',
    { promoted: true },
  ],
  ['nothing of a canary on the way back', '2 2', canary, '1 away 0 flying 0 left Infinity lacks 0', back],
  ['until the pause after the wave', '1 1 2', {}, '1 away 0 flying 0 left 1 lacks 0', { allowed: 2 }],
];

describe('how many units a rollout may take on', () => {
  for (const [what, text, parameters, expected, change = {}] of limits)
    it(what, () => {
      const rollout: Rollout = { ...begun, parameters, ...change };
      const found = limitsOf(rollout, rulesOf(parameters), judged(text, rollout));
      const { maxParallel, away, inFlight, left, canaryLacks } = found;
      assert.equal(
        `${maxParallel} away ${away} flying ${inFlight} left ${left} lacks ${canaryLacks}`,
        expected,
      );
    });

  const found: readonly (readonly [string, string, RolloutParameters, Partial<Rollout>, string])[] = [
    ['tries its canary', '1 f', { canary: '1' }, {}, 'canaryIsOpen'],
    ['has its canary', '1 2', { canary: '1' }, {}, 'canaryIsThere'],
    [
      'lost its canary',
      '1 1',
      { canary: '1' },
      { state: 'paused', gate: 'canary' },
      'canaryIsOpen canaryIsLost',
    ],
    ['is through a wave', '1 2', {}, { allowed: 1 }, 'waveIsThere'],
    ['is through its last wave', '2 2', {}, { allowed: 1 }, ''],
    ['is in a wave', '1 f', {}, { allowed: 1 }, ''],
  ];
  for (const [what, text, parameters, change, expected] of found)
    it(`one that ${what}`, () => {
      const rollout: Rollout = { ...begun, parameters, ...change };
      const limits = limitsOf(rollout, rulesOf(parameters), judged(text, rollout));
      const flags = ['canaryIsOpen', 'canaryIsThere', 'canaryIsLost', 'waveIsThere'] as const;
      assert.equal(flags.filter((each) => limits[each]).join(' '), expected);
    });

  for (const [what, parameters, change, expected] of [
    ['without a canary', {}, {}, false],
    ['with one', { canary: '1' }, {}, true],
    ['with one by name', { canary: 'web/0' }, {}, true],
    ['once it is promoted', { canary: '1' }, { promoted: true }, false],
    ['on the way back', { canary: '1' }, back, false],
    ['when it is done', { canary: '1' }, { state: 'done' }, false],
  ] as const)
    it(`${expected ? 'only the first are tried' : 'any may go'} ${what}`, () => {
      assert.equal(isCanaryPhase({ ...begun, parameters, ...change }, rulesOf(parameters)), expected);
    });

  it('goes on by a whole wave beyond those that were taken', () => {
    const rules = rulesOf({ 'max-parallel': '50%' });
    const units = judged('1 1 2 E n', begun);
    assert.deepEqual([wholeWave(rules, units), nextWave(rules, units)], [2, 4]);
  });
});

/** The numbers of the units that are asked next. */
const chosen: readonly (readonly [string, string, RolloutParameters, string, Partial<Rollout>?])[] = [
  ['the highest number first', '1 1 1', { 'max-parallel': '2' }, '2 1'],
  ['the lowest first on the way back', '2 2 2', { 'max-parallel': '2' }, '0 1', back],
  [
    'those that are away already before healthy ones',
    'e 1 1',
    { 'max-parallel': '2' },
    '0 2',
    { force: true },
  ],
  ['none that is under way elsewhere', '1 1 u', { 'max-parallel': '3' }, '1 0'],
  ['none whose agent is away', '1 a', {}, ''],
  ['also one whose agent is away, with strategy all', '1 a', { strategy: 'all' }, '1 0'],
  ['also one in an error, with strategy all', '1 e', { strategy: 'all' }, '1 0'],
  ['no healthy one where as many are away as may be', '1 a 1', {}, ''],
  ['one in an error though others are away', '1 a e', { 'max-parallel': '1' }, '2', { force: true }],
  ['none where all are under way that may be', 'f 1 1', {}, ''],
  ['only the units of a canary by name', '1 1 1', { canary: 'web/1', 'max-parallel': '3' }, '1'],
  ['another in the place of one that is gone', '1 1 1', { ...named, 'max-parallel': '3' }, '2 0'],
  ['no further one once another is in its place', '1 1 2', { ...named, 'max-parallel': '3' }, '0'],
];

describe('which units are asked next', () => {
  for (const [what, text, parameters, expected, change = {}] of chosen)
    it(what, () => {
      const rollout: Rollout = { ...begun, parameters, ...change };
      const [rules, units] = [rulesOf(parameters), judged(text, rollout)];
      const asked = chooseUnits(rollout, rules, units, limitsOf(rollout, rules, units));
      assert.equal(asked.map(({ name }) => name.slice(4)).join(' '), expected);
    });
});
