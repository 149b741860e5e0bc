import assert from 'node:assert/strict';
import {
  defaultRules,
  mergedParameters,
  parameterFault,
  type RolloutWord,
  rulesOf,
  shareOf,
} from '../../../state/formula/rollout-parameters.js';

describe('the parameters of a rollout', () => {
  const sound: readonly (readonly [RolloutWord, string, object])[] = [
    ['strategy', 'all', { strategy: 'all' }],
    ['max-parallel', '3', { maxParallel: { number: 3, percent: false } }],
    ['max-parallel', '100%', { maxParallel: { number: 100, percent: true } }],
    ['canary', '2', { canary: 2 }],
    ['canary', 'web/4,web/2,web/4', { canary: ['web/4', 'web/2'] }],
    ['pause-after', 'all', { pauseAfter: 'all' }],
    ['min-healthy', '0s', { minHealthy: 0 }],
    ['min-healthy', '1.5m', { minHealthy: 90_000 }],
    ['health-deadline', '2h', { healthDeadline: 7_200_000 }],
    ['max-failed', '0', { maxFailed: { number: 0, percent: false } }],
    ['on-failure', 'revert', { onFailure: 'revert' }],
  ];
  for (const [word, text, expected] of sound) {
    it(`${word}=${text}`, () => {
      assert.equal(parameterFault(word, text), undefined);
      assert.deepEqual(rulesOf({ [word]: text }), { ...defaultRules, ...expected });
    });
  }

  const faulty: readonly (readonly [RolloutWord, string])[] = [
    ['strategy', 'spiral'],
    ['max-parallel', '0'],
    ['max-parallel', '101%'],
    ['max-parallel', '-1'],
    ['canary', 'web'],
    ['canary', 'web/1,'],
    ['pause-after', 'second'],
    ['min-healthy', 'soon'],
    ['health-deadline', '0s'],
    ['max-failed', '1.5'],
    ['on-failure', 'explode'],
  ];
  for (const [word, text] of faulty) {
    it(`${word}=${text} is none, and read it counts as the default`, () => {
      assert.match(parameterFault(word, text) ?? '', /^takes /);
      assert.deepEqual(rulesOf({ [word]: text }), defaultRules);
    });
  }

  it('of which the later ones win, and an empty one takes a value away', () => {
    assert.deepEqual(
      mergedParameters({ canary: '1', strategy: 'all' }, undefined, { canary: '2' }, { strategy: '' }),
      { canary: '2' },
    );
  });

  const shares: readonly (readonly [string, number, number])[] = [
    ['25%', 3, 1],
    ['25%', 8, 2],
    ['25%', 11, 2],
    ['100%', 5, 5],
    ['2', 1, 2],
  ];
  for (const [text, units, expected] of shares) {
    it(`${text} of ${units} units is ${expected}, at least one`, () => {
      assert.equal(shareOf(rulesOf({ 'max-parallel': text }).maxParallel, units, 1), expected);
    });
  }
});
