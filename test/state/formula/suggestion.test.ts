import assert from 'node:assert/strict';

import { closestName } from '../../../state/formula/suggestion.js';

describe('the name that somebody meant', () => {
  const rows: readonly (readonly [typed: string, names: readonly string[], meant: string | undefined])[] = [
    ['hook', ['hooks', 'config'], 'hooks'],
    ['hoosk', ['hooks', 'config'], 'hooks'],
    ['confgi', ['hooks', 'config'], 'config'],
    ['cofnig', ['config'], 'config'],
    ['xonfig', ['config'], 'config'],
    ['a', ['b'], 'b'],
    ['a', ['bc'], undefined],
    ['config', ['summary', 'name'], undefined],
    ['nmae', ['name', 'same'], 'name'],
    ['name', [], undefined],
    ['', ['a'], 'a'],
    ['', ['ab'], undefined],
    ['abcdef', ['abcxyz'], undefined],
    ['abcdef', ['abcdxy'], 'abcdxy'],
  ];
  for (const [typed, names, meant] of rows)
    it(`is ${meant ?? 'none'} where ${typed} was typed, of ${names.join(', ')}`, () =>
      assert.equal(closestName(typed, names), meant));

  it('is the nearest of several, and the first of those that are as near', () => {
    assert.equal(closestName('states', ['stat', 'state', 'status']), 'state');
    assert.equal(closestName('bat', ['cat', 'hat']), 'cat');
  });
});
