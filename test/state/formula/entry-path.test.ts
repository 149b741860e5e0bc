import assert from 'node:assert/strict';

import {
  comparePaths,
  isExecutable,
  isVersionControl,
  pathFault,
} from '../../../state/formula/entry-path.js';

describe('the path of an entry', () => {
  const allowed = [
    'a',
    'a/b',
    '.hidden',
    'a/.git',
    'ä',
    'a b',
    'x'.repeat(255),
    Array(64).fill('d').join('/'),
    '...',
  ];
  for (const path of allowed)
    it(`may be ${path.slice(0, 40)}`, () => assert.equal(pathFault(path), undefined));

  const refused: readonly (readonly [path: string, fault: RegExp])[] = [
    ['', /empty path/],
    ['/a', /absolute/],
    ['a/../b', /"\.\." in it/],
    ['..', /"\.\." in it/],
    ['a//b', /empty parts/],
    ['a/', /empty parts/],
    ['./a', /empty parts/],
    ['a\nb', /control characters/],
    ['a\u007f', /control characters/],
    ['a\ufffd', /not UTF-8/],
    ['x'.repeat(256), /a part of more than 255 bytes/],
    ['ä'.repeat(128), /a part of more than 255 bytes/],
    [Array(65).fill('d').join('/'), /more than 64 parts/],
    [Array(6).fill('x'.repeat(200)).join('/'), /more than 1024 bytes/],
  ];
  for (const [path, fault] of refused)
    it(`may not be ${JSON.stringify(path.slice(0, 40))}`, () => assert.match(pathFault(path) ?? '', fault));

  it('is ordered by its bytes, whatever the locale', () => {
    assert.deepEqual(['b', 'ä', 'B', 'a'].sort(comparePaths), ['B', 'a', 'b', 'ä']);
    assert.equal(comparePaths('a', 'a'), 0);
  });

  it('is one of version control by its name alone', () => {
    for (const name of ['.git', '.svn', '.hg', '.bzr']) assert.equal(isVersionControl(name), true, name);
    for (const name of ['git', '.gitignore', '.formulaignore'])
      assert.equal(isVersionControl(name), false, name);
  });

  it('is executable by any of the three bits', () => {
    for (const mode of [0o100, 0o010, 0o001, 0o755]) assert.equal(isExecutable(mode), true, mode.toString(8));
    for (const mode of [0, 0o644, 0o4666]) assert.equal(isExecutable(mode), false, mode.toString(8));
  });
});
