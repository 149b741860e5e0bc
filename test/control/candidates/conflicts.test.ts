import assert from 'node:assert/strict';

import { conflictsOf, onlyCandidate, rivalsOf } from '../../../control/candidates/conflicts.js';
import type { OpenCandidate } from '../../../state/model/candidates.js';

function open(key: string, formula: string, revision: number, stale?: true): OpenCandidate {
  return {
    key,
    formula,
    revision,
    commit: 'a'.repeat(40),
    ref: `refs/${key}`,
    url: '',
    title: '',
    updatedAt: '2026-01-01T00:00:00Z',
    movedAt: '2026-01-01T00:00:00Z',
    id: key,
    dependsOn: [],
    ...(stale !== undefined && { stale }),
  };
}

describe('open changes that claim one revision', () => {
  const first = open('pr:1', 'web', 4);
  const second = open('pr:2', 'web', 4);
  const third = open('branch:x', 'web', 4);

  const rows: readonly (readonly [
    says: string,
    open: readonly OpenCandidate[],
    keys: readonly (readonly string[])[],
  ])[] = [
    ['nothing is open', [], []],
    ['one is open', [first], []],
    ['two claim it', [second, first], [['pr:1', 'pr:2']]],
    ['three claim it', [second, first, third], [['branch:x', 'pr:1', 'pr:2']]],
    ['they claim other revisions', [first, open('pr:2', 'web', 5)], []],
    ['they claim it of other formulas', [first, open('pr:2', 'db', 4)], []],
    ['one of them is stale', [first, open('pr:2', 'web', 4, true)], []],
    [
      'there are two conflicts',
      [first, second, open('pr:3', 'db', 1), open('pr:4', 'db', 1)],
      [
        ['pr:1', 'pr:2'],
        ['pr:3', 'pr:4'],
      ],
    ],
  ];
  for (const [says, all, keys] of rows)
    it(`are ${keys.length === 0 ? 'none' : keys.join(' and ')} where ${says}`, () =>
      assert.deepEqual(
        conflictsOf(all).map((conflict) => conflict.keys),
        keys,
      ));

  it('are each other’s rivals', () => {
    assert.deepEqual(rivalsOf(first, [first, second, third]), ['branch:x', 'pr:2']);
    assert.deepEqual(rivalsOf(first, [first]), []);
    assert.deepEqual(rivalsOf(open('pr:9', 'web', 4), [first, second]), [], 'one that is not open');
  });

  it('leave one that may be taken without its name only where it is the only fresh one', () => {
    assert.equal(onlyCandidate([first, open('pr:5', 'db', 1)], 'web')?.key, 'pr:1');
    assert.equal(onlyCandidate([first, open('pr:2', 'web', 9)], 'web'), undefined);
    assert.equal(onlyCandidate([first, open('pr:2', 'web', 9, true)], 'web')?.key, 'pr:1');
    assert.equal(onlyCandidate([], 'web'), undefined);
  });
});
