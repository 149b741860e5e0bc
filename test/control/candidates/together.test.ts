import assert from 'node:assert/strict';
import { dueTrials, setFingerprint, setOf } from '../../../control/candidates/together.js';
import type { OpenCandidate } from '../../../state/model/candidates.js';
import { seeded } from '../../random.js';

const open = (
  id: string,
  dependsOn: readonly string[] = [],
  more: Partial<OpenCandidate> = {},
): OpenCandidate => ({
  key: `pr:${id.slice(1)}`,
  formula: `f-${id.slice(1)}x`,
  revision: 1,
  commit: 'a'.repeat(40),
  ref: 'refs/pull/1/head',
  url: '',
  title: '',
  updatedAt: '2026-01-01T00:00:00Z',
  movedAt: '2026-01-01T00:00:00Z',
  id,
  dependsOn: [...dependsOn],
  ...more,
});

const moved = (all: readonly OpenCandidate[], id: string): readonly OpenCandidate[] =>
  all.map((each) => (each.id === id ? { ...each, commit: 'b'.repeat(40) } : each));

describe('candidates that need each other', () => {
  it('make a set, each after what it needs', () => {
    const rows: readonly (readonly [
      what: string,
      all: readonly OpenCandidate[],
      members: readonly string[],
      absent: readonly string[],
    ])[] = [
      ['alone', [open('#1'), open('#2')], ['#1'], []],
      ['a chain', [open('#1', ['#2']), open('#2', ['#3']), open('#3')], ['#3', '#2', '#1'], []],
      [
        'a diamond',
        [open('#1', ['#2', '#3']), open('#2', ['#4']), open('#3', ['#4']), open('#4')],
        ['#4', '#2', '#3', '#1'],
        [],
      ],
      ['itself', [open('#1', ['#1'])], ['#1'], []],
      ['a circle', [open('#1', ['#2']), open('#2', ['#3']), open('#3', ['#1'])], ['#3', '#2', '#1'], []],
      ['what is not open', [open('#1', ['#2', 'x#9'])], ['#1'], ['#2', 'x#9']],
      ['nothing', [], [], []],
    ];
    for (const [what, all, members, absent] of rows) {
      const found = setOf('#1', all);
      assert.deepEqual(
        found.members.map(({ id }) => id),
        members,
        what,
      );
      assert.deepEqual(found.absent, absent, what);
    }
    const both = setOf('#1', [open('#1', ['#2']), open('#2'), open('#2', [], { formula: 'other' })]);
    assert.deepEqual(
      both.members.map(({ formula }) => formula),
      ['f-2x', 'other', 'f-1x'],
      'all formulas of a change',
    );
  });

  it('end, however long they are', () => {
    const long = Array.from({ length: 20_000 }, (_, index) => open(`#${index + 1}`, [`#${index + 2}`]));
    assert.equal(setOf('#1', long).members.length, 20_000);
  });

  it('are tried again when a member moves, by those alone that need it', () => {
    const all = [open('#1', ['#2']), open('#2', ['#3']), open('#3'), open('#4')];
    const due = (
      now: readonly OpenCandidate[],
      stored: Readonly<Record<string, string>>,
    ): readonly string[] => dueTrials(now, stored).map(({ id }) => id);
    assert.deepEqual(due(all, {}), ['#1', '#2', '#3', '#4']);
    const stored = Object.fromEntries(dueTrials(all, {}).map(({ id, fingerprint }) => [id, fingerprint]));
    assert.deepEqual(due(all, stored), []);
    assert.deepEqual(due(moved(all, '#2'), stored), ['#1', '#2']);
    assert.deepEqual(due(moved(all, '#3'), stored), ['#1', '#2', '#3']);
    assert.deepEqual(due(moved(all, '#4'), stored), ['#4']);
    assert.deepEqual(
      due(
        all.filter(({ id }) => id !== '#3'),
        stored,
      ),
      ['#1', '#2'],
      'also when one closes',
    );
    const stale = all.map((each) => (each.id === '#1' ? { ...each, stale: true } : each));
    assert.deepEqual(due(moved(stale, '#3'), stored), ['#2', '#3'], 'a stale one is not tried');
    const parts = dueTrials(moved(all, '#2'), stored)[0];
    assert.deepEqual(
      parts?.members.map(({ id }) => id),
      ['#3', '#2', '#1'],
    );
  });

  it('have a fingerprint of what is in the set, in whatever order it is named, and of nothing else', () => {
    const random = seeded(7);
    for (let round = 0; round < 200; round += 1) {
      const ids = Array.from({ length: 1 + Math.floor(random() * 8) }, (_, index) => `#${index + 1}`);
      const all = ids.map((id) =>
        open(
          id,
          ids.filter(() => random() < 0.3),
        ),
      );
      const shuffled = all
        .map((each) => ({ ...each, dependsOn: each.dependsOn.toReversed() }))
        .toSorted(() => random() - 0.5);
      for (const id of ids) {
        const { members } = setOf(id, all);
        const names = new Set(members.map((each) => each.id));
        assert.equal(names.size, members.length, 'each once');
        assert.equal(setFingerprint(id, shuffled), setFingerprint(id, all));
        for (const other of ids)
          assert.equal(
            setFingerprint(id, moved(all, other)) !== setFingerprint(id, all),
            names.has(other),
            `${id} and ${other}`,
          );
      }
    }
  });
});
