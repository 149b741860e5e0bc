import assert from 'node:assert/strict';
import { onTrial, standingOfCandidate } from '../../../control/candidates/standing.js';
import type { Candidates } from '../../../state/model/candidates.js';

const commit = '3fa9c1d2e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9';
const id = 'principia~pr22.g3fa9c1d2e4f5:mysql-14';

const known = (
  open: readonly (readonly [key: string, formula: string, commit: string])[],
  isWhole = true,
): Candidates => ({
  url: 'git+https://host/principia',
  at: '2026-01-01T00:00:00Z',
  known: isWhole,
  candidates: open.map(([key, formula, at]) => ({
    key,
    formula,
    revision: 14,
    commit: at,
    ref: '',
    url: '',
    title: '',
    updatedAt: '',
    movedAt: '',
    id: key,
    dependsOn: [],
  })),
});

describe('the change of a candidate that is on trial', () => {
  it('is open, moved or closed as far as the watcher knows', () => {
    const other = 'b'.repeat(40);
    const rows: readonly (readonly [what: string, candidates: Candidates | undefined, state: string])[] = [
      ['nobody watches', undefined, 'unknown'],
      ['as it is tried', known([['pr:22', 'mysql', commit]]), 'open'],
      ['another commit', known([['pr:22', 'mysql', other]]), 'moved'],
      ['another change', known([['pr:23', 'mysql', commit]]), 'closed'],
      ['none', known([]), 'closed'],
      ['none, as far as is known', known([], false), 'unknown'],
      ['only with another formula', known([['pr:22', 'blog', other]]), 'open'],
    ];
    for (const [what, candidates, state] of rows)
      assert.equal(standingOfCandidate(id, candidates), state, what);
    assert.equal(standingOfCandidate('principia:mysql-14', known([])), 'unknown');
  });

  it('names the command that leads from it to a release', () => {
    const rows: readonly (readonly [what: string, service: string, back: string, again: string])[] = [
      [
        'the service is behind',
        'principia:mysql-13',
        'ensemble revert-formula db/1',
        'ensemble upgrade-formula --candidate pr:22 --unit db/1 db',
      ],
      [
        'it was released',
        'principia:mysql-14',
        'ensemble upgrade-formula --revision 14 --unit db/1 db',
        'ensemble upgrade-formula --candidate pr:22 --unit db/1 db',
      ],
      [
        'and more',
        'principia:mysql-15',
        'ensemble upgrade-formula --revision 15 --unit db/1 db',
        'ensemble upgrade-formula --candidate pr:22 --unit db/1 db',
      ],
      [
        'the service was deployed so',
        id,
        'ensemble upgrade-formula db',
        'ensemble upgrade-formula --candidate pr:22 --unit db/1 db',
      ],
    ];
    for (const [what, formula, back, again] of rows) {
      const found = onTrial({ name: 'db/1', formula: id }, { name: 'db', formula }, 'moved');
      assert.deepEqual([found?.back, found?.again], [back, again], what);
      assert.equal(found?.otherwise, formula === id ? 'ensemble destroy-service db' : undefined, what);
      assert.deepEqual([found?.change, found?.shown], ['pr:22', 'mysql 14~pr22.g3fa9c1d'], what);
    }
    for (const formula of ['principia:mysql-14', null])
      assert.equal(onTrial({ name: 'db/1', formula }, { name: 'db', formula: id }, 'open'), undefined);
  });
});
