import assert from 'node:assert/strict';
import { isMachineName, likeMachineName } from '../../../state/model/machine-name.js';

const long = 'm'.repeat(100);
const rows: readonly (readonly [name: string, isGood: boolean, like: string])[] = [
  ['web1', true, 'web1'],
  ['0', true, '0'],
  ['Web_1.example-org', true, 'Web_1.example-org'],
  ['agent', true, 'agent'],
  [long, true, long],
  [`${long}m`, false, long],
  ['a/b', false, 'a-b'],
  ['../x', false, 'x'],
  ['web 1', false, 'web-1'],
  ['wéb', false, 'w-b'],
  ['-web', false, 'web'],
  ['web\n', false, 'web'],
  ['', false, 'm0'],
  ['..', false, 'm0'],
];

describe('the name of a machine', () => {
  for (const [name, isGood, like] of rows)
    it(`${JSON.stringify(name).slice(0, 20)} is ${isGood ? 'taken' : `refused, and ${like.slice(0, 20)} would do`}`, () => {
      assert.equal(isMachineName(name), isGood);
      assert.equal(likeMachineName(name), like);
      assert.ok(isMachineName(like));
    });
});
