import assert from 'node:assert/strict';
import { trustLines } from '../../../cli/status/trust-lines.js';
import type { MachineListing } from '../../../control/status/machine-entries.js';

const machine = (trust: string | null): MachineListing => ({
  agent: 'up',
  hostname: 'h',
  version: '1',
  since: null,
  registered: null,
  trust,
  addresses: null,
  owner: null,
  units: [],
});

const machines = (...words: readonly (string | null)[]): Record<string, MachineListing> =>
  Object.fromEntries(words.map((word, index) => [`m${index}`, machine(word)]));

const rules = { signers: '/s', require: true };
const none = 'agents take any formula: there is no `trust` in the environments.yaml of';
const checked =
  'agents take formulas that nobody signed: `trust` does not require it in the environments.yaml of';
const silent = 'agents may take any formula: no agent told of a `trust` on';

describe('what `machines` says of whom agents trust', () => {
  for (const [what, words, trust, said] of [
    ['nothing where the operator trusts anybody', ['none', null], undefined, []],
    ['nothing where all agents require what the operator does', ['required', 'required'], rules, []],
    ['which take anything', ['none', 'required', 'none'], rules, ['', `${none} m0, m2`]],
    ['which require no signature', ['checked', 'required'], rules, ['', `${checked} m0`]],
    [
      'nothing of those where the operator requires none either',
      ['checked'],
      { ...rules, require: false },
      [],
    ],
    ['of which it is not known', [null, 'none'], rules, ['', `${none} m1`, `${silent} m0`]],
    [
      'some of many',
      Array.from({ length: 7 }, () => 'none'),
      rules,
      ['', `${none} m0, m1, m2, m3, m4 and 2 more machines`],
    ],
    ['nothing of a word that a later release writes', ['strict'], rules, []],
  ] as const)
    it(`is ${what}`, () => assert.deepEqual(trustLines(machines(...words), trust), said));
});
