import assert from 'node:assert/strict';
import { dependsOn, placeIn } from '../../../control/candidates/depends-on.js';

const place = 'github.com/owner/name';

describe('what a change says that it needs', () => {
  const rows: readonly (readonly [what: string, description: string, needs: readonly string[]])[] = [
    ['nothing', '', []],
    ['no list', 'Depends on: #3 and more', []],
    ['a list without the words', '- #3', []],
    ['its own repository', 'Depends on:\n- #3\n- !4', [`${place}#3`, `${place}#4`]],
    ['another one', 'depends on:\n* other/repo#5', ['github.com/other/repo#5']],
    ['a group', 'Depends on:\n- a/b/c!6', ['github.com/a/b/c#6']],
    [
      'a URL of GitHub',
      'Depends on:\n\n1. https://GitHub.com/Other/repo/pull/7/files',
      ['github.com/Other/repo#7'],
    ],
    [
      'a URL of GitLab',
      'Depends on:\n- https://git.example.org/a/b/c/-/merge_requests/8',
      ['git.example.org/a/b/c#8'],
    ],
    ['an issue is no change', 'Depends on:\n- https://github.com/other/repo/issues/9', []],
    ['unchecked items', 'Depends on:\n- [ ] #1\n- [x] #2\n- [X] #3\n- #4', [`${place}#1`, `${place}#4`]],
    ['the first list alone', 'Depends on:\n- #1\n\nSee also\n- #2', [`${place}#1`]],
    ['a list after a blank line is the same', 'Depends on:\n- #1\n\n- #2', [`${place}#1`, `${place}#2`]],
    [
      'what is indented belongs to its item',
      'Depends on:\n- #1\n  for its table\n- #2',
      [`${place}#1`, `${place}#2`],
    ],
    ['words between', 'Depends on:\n\nthese, in any order:\n\n- #1', [`${place}#1`]],
    ['no other section', 'Depends on:\n\n## Checklist\n- [ ] #1', []],
    ['not a comment', '<!-- Depends on:\n- #1 -->\nDepends on:\n- #2', [`${place}#2`]],
    ['not code', '```\nDepends on:\n- #1\n```\nDepends on:\n- `#3`\n- #2', [`${place}#2`]],
    ['code that nobody ended', 'Depends on:\n- #2\n\n```\n- #1', [`${place}#2`]],
    ['each once, several in one item', 'Depends on:\r\n- #2, #1 and #2', [`${place}#2`, `${place}#1`]],
    ['no part of a word', 'Depends on:\n- abc#2x &#39; a/#4 #05', []],
  ];
  it('names branches of the same repository', () =>
    assert.deepEqual(
      dependsOn('Faster\n\nDepends on:\n- candidate/themes.\n- branch:a/b\n- see docs/candidate/no', place),
      [`${place}@candidate/themes`, `${place}@candidate/a/b`],
    ));

  for (const [what, description, needs] of rows)
    it(what, () => assert.deepEqual(dependsOn(description, place), needs));

  it('is bounded, whatever somebody writes', () => {
    const long = `Depends on:\n${Array.from({ length: 5_000 }, (_, index) => `- #${index + 1}`).join('\n')}`;
    assert.equal(dependsOn(long, place).length, 50);
    for (const text of [
      '`'.repeat(20_000),
      '<!--'.repeat(5_000),
      '/a'.repeat(10_000),
      'a/'.repeat(10_000),
      '```\n'.repeat(5_000),
    ]) {
      assert.ok(dependsOn(`Depends on:\n- ${text}`, place).length <= 50, text.slice(0, 6));
    }
  });

  it('names a repository by one name, however it is written', () => {
    assert.equal(placeIn('www.GitHub.com', '/Owner//name.git'), 'github.com/Owner/name');
  });
});
