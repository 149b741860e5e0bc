import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { FormulaEntryRefused } from '../../../state/formula/errors.js';
import { ignoringOf } from '../../../state/formula/ignore.js';
import { listTree } from '../../../state/formula/tree.js';
import { formulaTree, type Tree, Workshop } from './workshop.js';

describe('what a formula leaves out', () => {
  const workshop = new Workshop();
  const listed = async (tree: Tree): Promise<readonly string[]> => {
    const directory = await workshop.tree('mysql', formulaTree('mysql', 1, tree));
    return (await listTree(directory)).filter(({ kind }) => kind !== 'directory').map(({ path }) => path);
  };
  const always = ['hooks/install', 'metadata.yaml'];

  it('is what editors and python leave beside its files', async () => {
    assert.deepEqual(
      await listed({
        'lib/__pycache__/a.pyc': '',
        'lib/a.pyc': '',
        'hooks/install~': '',
        '.metadata.yaml.swp': '',
        'hooks/.start.swo': '',
        '#install#': '',
        '.#install': '',
        '.DS_Store': '',
        '.git/HEAD': '',
        kept: '',
      }),
      ['hooks/install', 'kept', 'metadata.yaml'],
    );
  });

  it('is what .formulaignore names, which is part of the formula', async () => {
    assert.deepEqual(
      await listed({
        '.formulaignore': 'build/\n# a comment\n\n*.o\n',
        'build/x': '',
        'a.o': '',
        'b/c.o': '',
        build2: '',
      }),
      ['.formulaignore', 'build2', ...always],
    );
  });

  it('may be kept all the same, and is never what says what the formula is', async () => {
    assert.deepEqual(
      await listed({ '.formulaignore': '!*~\n*.yaml\nhooks/*\n!hooks/install\n', 'a~': '', 'b.yaml': '' }),
      ['.formulaignore', 'a~', ...always],
    );
  });

  it('need not be fit for a bundle', async () => {
    const directory = await workshop.tree('mysql', formulaTree('mysql', 1, { '.formulaignore': 'pipe\n' }));
    execFileSync('mkfifo', [workshop.path('mysql/pipe')]);
    assert.ok((await listTree(directory)).every(({ path }) => path !== 'pipe'));
  });

  it('is refused where the file is none', async () => {
    const directory = await workshop.tree(
      'mysql',
      formulaTree('mysql', 1, { '.formulaignore': ['->', '/etc/passwd'] }),
    );
    await assert.rejects(listTree(directory), FormulaEntryRefused);
    await workshop.tree('other', formulaTree('mysql', 1, { '.formulaignore': 'x\n'.repeat(40_000) }));
    await assert.rejects(listTree(workshop.path('other')), /it has more than 65536 bytes/);
  });

  const rows: readonly (readonly [line: string, path: string, isDirectory: boolean, ignored: boolean])[] = [
    ['*.log', 'a.log', false, true],
    ['*.log', 'deep/er/a.log', false, true],
    ['*.log', 'a.log/b', false, false],
    ['/*.log', 'deep/a.log', false, false],
    ['a/b', 'a/b', false, true],
    ['a/b', 'x/a/b', false, false],
    ['**/b', 'x/a/b', false, true],
    ['**/b', 'b', false, true],
    ['a/**', 'a/b/c', false, true],
    ['a/**', 'a', true, false],
    ['a/**/c', 'a/c', false, true],
    ['a/**/c', 'a/b/b/c', false, true],
    ['build/', 'build', true, true],
    ['build/', 'build', false, false],
    ['a?c', 'abc', false, true],
    ['a?c', 'a/c', false, false],
    ['a.c', 'abc', false, false],
    ['(a+)+$', 'aaaa', false, false],
    ['[a]', 'a', false, false],
  ];
  for (const [line, path, isDirectory, ignored] of rows)
    it(`${line} ${ignored ? 'leaves out' : 'keeps'} ${path}${isDirectory ? '/' : ''}`, async () => {
      const root = await workshop.tree('mysql', { '.formulaignore': `${line}\n` });
      assert.equal(ignoringOf(root)(path, isDirectory), ignored);
    });
});
