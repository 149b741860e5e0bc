import assert from 'node:assert/strict';
import { conflictsOf, onlyCandidate, rivalsOf } from '../../../control/candidates/conflicts.js';
import { followChanges, MAX_AGE, MOST_CANDIDATES } from '../../../control/candidates/follow-changes.js';
import { type Candidates, candidatesSchema, type OpenCandidate } from '../../../state/model/candidates.js';

const DAY = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const at = (days: number): string => new Date(start + days * DAY).toISOString();
const sha = (digit: string): string => digit.repeat(40);

type Seen = Omit<OpenCandidate, 'movedAt' | 'stale'>;

const open = (number: number, more: Partial<Seen> = {}): Seen => ({
  key: `pr:${number}`,
  formula: 'mysql',
  revision: 14,
  commit: sha('a'),
  ref: `refs/pull/${number}/head`,
  url: `https://github.com/o/n/pull/${number}`,
  title: 'Faster',
  updatedAt: at(0),
  id: `github.com/o/n#${number}`,
  dependsOn: [],
  ...more,
});

const url = 'git+https://github.com/o/n';
const see = (before: Candidates | undefined, seen: readonly Seen[], days: number, whole = true): Candidates =>
  followChanges(url, before, { candidates: seen, whole }, start + days * DAY);

const keys = ({ candidates }: Candidates): readonly string[] =>
  candidates.map(({ key, stale }) => `${key}${stale ? ' stale' : ''}`);

describe('the candidates of a repository', () => {
  it('come when a change opens, change with it, and go when it closes', () => {
    const first = see(undefined, [open(22)], 1);
    assert.deepEqual(keys(first), ['pr:22']);
    const second = see(
      first,
      [open(22, { commit: sha('b'), title: 'Faster still', updatedAt: at(2) }), open(23)],
      2,
    );
    assert.deepEqual(keys(second), ['pr:22', 'pr:23']);
    assert.equal(second.candidates[0]?.commit, sha('b'));
    assert.equal(second.candidates[0]?.title, 'Faster still');
    const third = see(second, [open(23)], 3);
    assert.deepEqual(keys(third), ['pr:23']);
    assert.deepEqual(candidatesSchema.parse(JSON.parse(JSON.stringify(third))), third, 'as its node has it');
  });

  it('stay as they were where the repository could not be asked', () => {
    const first = see(undefined, [open(22)], 1);
    const second = followChanges(url, first, { why: 'it is rate limited' }, start + 2 * DAY);
    assert.deepEqual(keys(second), ['pr:22']);
    assert.equal(second.known, false);
    assert.equal(second.why, 'it is rate limited');
    const third = see(second, [], 3);
    assert.deepEqual([keys(third), third.known, third.why], [[], true, undefined]);
  });

  it('stay where a listing that is cut short lacks them', () => {
    const first = see(undefined, [open(22), open(23)], 1);
    const second = see(first, [open(23, { commit: sha('c') })], 2, false);
    assert.deepEqual(keys(second), ['pr:22', 'pr:23']);
    assert.equal(second.candidates[1]?.commit, sha('c'));
    assert.equal(second.known, false);
  });

  it('go stale by age, and return when they move, also by a push with an older date', () => {
    const old = MAX_AGE / DAY + 1;
    let now = see(undefined, [open(22)], 1);
    now = see(now, [open(22)], old);
    assert.deepEqual(keys(now), ['pr:22 stale']);
    now = see(now, [open(22, { commit: sha('b'), updatedAt: at(-40) })], old + 1);
    assert.deepEqual(keys(now), ['pr:22'], 'another commit is a move, whatever it says of its age');
    now = see(now, [open(22, { commit: sha('b'), updatedAt: at(-40) })], old + 2);
    assert.deepEqual(keys(now), ['pr:22'], 'it is remembered that it moved');
    now = see(now, [open(22, { commit: sha('b'), updatedAt: at(-40) })], 3 * old);
    assert.deepEqual(keys(now), ['pr:22 stale']);
    now = see(now, [open(22, { commit: sha('b'), updatedAt: at(3 * old) })], 3 * old);
    assert.deepEqual(keys(now), ['pr:22'], 'so is a word about it');
  });

  it('believe no date in the future, and one that is none counts as now', () => {
    const ahead = see(
      undefined,
      [open(22, { updatedAt: at(9_999) }), open(23, { updatedAt: 'tomorrow' })],
      1,
    );
    assert.deepEqual(
      ahead.candidates.map(({ movedAt }) => movedAt),
      [at(1), at(1)],
    );
    assert.deepEqual(keys(see(ahead, [open(22, { updatedAt: at(9_999) })], 2)), ['pr:22']);
    const same = see(ahead, [open(22, { updatedAt: at(9_999) }), open(23, { updatedAt: 'tomorrow' })], 2);
    assert.equal(same.at, ahead.at, 'nothing moved');
  });

  it('are written only where they changed', () => {
    const first = see(undefined, [open(22)], 1);
    const reordered = Object.fromEntries(Object.entries(first).reverse());
    const same = see(candidatesSchema.parse(reordered), [open(22)], 2);
    assert.equal(same.at, first.at);
    assert.equal(see(first, [open(22, { title: 'Other' })], 2).at, at(2));
  });

  it('are bounded: those that moved last, and then what is not there need not be closed', () => {
    const many = Array.from({ length: MOST_CANDIDATES + 5 }, (_, index) =>
      open(index + 1, { updatedAt: at(-index / 100) }),
    );
    const seen = see(undefined, many, 1);
    assert.equal(seen.candidates.length, MOST_CANDIDATES);
    assert.equal(seen.known, false);
    assert.ok(!keys(seen).includes(`pr:${MOST_CANDIDATES + 5}`));
    assert.ok(JSON.stringify(seen).length < 900_000);
  });
});

describe('candidates that claim one revision', () => {
  const { candidates } = see(
    undefined,
    [
      open(22),
      open(23),
      open(24, { revision: 15 }),
      open(25, { formula: 'blog' }),
      open(26, { updatedAt: at(-400) }),
    ],
    1,
  );

  it('are in conflict, and none of them is chosen', () => {
    assert.deepEqual(conflictsOf(candidates), [{ formula: 'mysql', revision: 14, keys: ['pr:22', 'pr:23'] }]);
    assert.equal(onlyCandidate(candidates, 'mysql'), undefined);
    assert.equal(onlyCandidate(candidates, 'blog')?.key, 'pr:25');
    assert.equal(onlyCandidate(candidates, 'other'), undefined);
  });

  it('name each other, and a stale one claims nothing', () => {
    const rivals = (key: string, revision: number): readonly string[] =>
      rivalsOf({ key, formula: 'mysql', revision }, candidates);
    assert.deepEqual(rivals('pr:22', 14), ['pr:23']);
    assert.deepEqual(rivals('pr:24', 15), []);
    assert.deepEqual(rivals('pr:26', 14), []);
  });
});
