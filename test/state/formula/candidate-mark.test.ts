import assert from 'node:assert/strict';
import {
  candidateOf,
  isCandidateKey,
  markRepository,
  plainRepository,
  shownRevision,
} from '../../../state/formula/candidate-mark.js';
import { formatFormulaId, isRepositoryName, parseFormulaId } from '../../../state/formula/formula-id.js';
import { seeded } from '../../random.js';

const commit = '3fa9c1d2e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9';

describe('the id of a candidate', () => {
  it('is shown with its change and commit, and is never that of the release', () => {
    const rows: readonly (readonly [key: string, repository: string, shown: string])[] = [
      ['pr:22', 'principia~pr22.g3fa9c1d2e4f5', '14~pr22.g3fa9c1d'],
      ['branch:faster', 'principia~branch.faster.g3fa9c1d2e4f5', '14~branch.faster.g3fa9c1d'],
      ['branch:me/100%', '', ''],
      [
        'branch:me/faster.2',
        'principia~branch.me%2Ffaster.2.g3fa9c1d2e4f5',
        '14~branch.me%2Ffaster.2.g3fa9c1d',
      ],
    ];
    for (const [key, repository, shown] of rows) {
      assert.equal(isCandidateKey(key), repository !== '', key);
      if (repository === '') continue;
      assert.equal(markRepository('principia', { key, commit }), repository);
      const id = { repository, name: 'mysql', revision: 14 };
      assert.equal(shownRevision(id), shown);
      assert.deepEqual(candidateOf(id), { repository: 'principia', key, commit: commit.slice(0, 12) });
      assert.equal(plainRepository(id), 'principia');
    }
    const release = parseFormulaId('principia:mysql-14');
    assert.equal(candidateOf(release), undefined);
    assert.equal(plainRepository(release), 'principia');
    assert.equal(shownRevision(release), '14');
  });

  it('refuses keys that name no change', () => {
    for (const key of [
      'pr:0',
      'pr:',
      'pr:2x',
      'mr:3',
      '22',
      'branch:',
      'branch:-x',
      'branch:a..b',
      'branch:a b',
      'branch:a*',
      'branch:a/',
      'branch:a//b',
      'branch:~x',
      `branch:${'a'.repeat(61)}`,
    ])
      assert.equal(isCandidateKey(key), false, key);
  });

  it('leads back to what it was made of, whatever the names', () => {
    const random = seeded(25);
    const letters = ['a', 'Z', '9', '.', '-', '_', '/', '@', '+', '~', 'pr', '.g', 'branch.', '%2F', ' '];
    const word = (): string =>
      Array.from(
        { length: 1 + Math.floor(random() * 6) },
        () => letters[Math.floor(random() * letters.length)],
      ).join('');
    let tried = 0;
    for (let round = 0; round < 2_000; round += 1) {
      const repository = word().replaceAll('/', '');
      const key = random() < 0.3 ? `pr:${1 + Math.floor(random() * 99)}` : `branch:${word()}`;
      if (!isCandidateKey(key) || repository === '') continue;
      tried += 1;
      const marked = markRepository(repository, { key, commit });
      assert.ok(isRepositoryName(marked), marked);
      const text = formatFormulaId({ repository: marked, name: 'mysql', revision: 3 });
      assert.deepEqual(
        candidateOf(parseFormulaId(text)),
        { repository, key, commit: commit.slice(0, 12) },
        text,
      );
    }
    assert.ok(tried > 300, `${tried} were tried`);
  });
});
