import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { bundleFormula } from '../../../../state/formula/bundle.js';
import {
  BundleDamaged,
  FormulaContentsDiffer,
  FormulaInvalid,
  FormulaNotFound,
  HookNotExecutable,
  NotAFormula,
  RepositoryNotFound,
  RevisionNotFound,
} from '../../../../state/formula/errors.js';
import { publishable } from '../../../../state/formula/publishable.js';
import { openRepository } from '../../../../state/formula/repositories/open.js';
import { listTree } from '../../../../state/formula/tree.js';
import { formulaTree, type Tree, Workshop } from '../workshop.js';

describe('a repository', () => {
  const workshop = new Workshop();

  const add = (folder: string, name: string, revision: number, more: Tree = {}): Promise<string> =>
    workshop.tree(`principia/${folder}`, formulaTree(name, revision, more));

  /** A bundle of that formula in the repository, whose directory lies outside it. */
  const addBundle = async (file: string, name: string, revision: number, more: Tree = {}): Promise<void> => {
    await mkdir(workshop.path('principia'), { recursive: true });
    const tree = await workshop.tree(`sources/${file}`, formulaTree(name, revision, more));
    await bundleFormula(tree, workshop.path('principia', file));
  };

  const open = (): ReturnType<typeof openRepository> => openRepository(workshop.path('principia'));

  it('offers directories and bundles, several revisions side by side, under any folder names', async () => {
    await add('mysql', 'mysql', 9);
    await add('old one', 'mysql', 2);
    await addBundle('mysql-10.tar.gz', 'mysql', 10);
    await addBundle('whatever.tgz', 'blog', 1);
    const repository = await open();
    assert.equal(repository.name, 'principia');
    assert.deepEqual(repository.formulas, ['blog', 'mysql']);
    assert.deepEqual(
      repository.revisions('mysql').map(({ id, kind }) => [id.revision, kind]),
      [
        [2, 'directory'],
        [9, 'directory'],
        [10, 'bundle'],
      ],
      'in the order of numbers, not of text',
    );
    assert.deepEqual(repository.latest('mysql').id, { repository: 'principia', name: 'mysql', revision: 10 });
    assert.equal(repository.find('mysql', 2).path, workshop.path('principia/old one'));
    assert.deepEqual(repository.revisions('none'), []);
    assert.deepEqual(repository.problems, []);
  });

  it('is called by its real directory’s name, however it was reached', async () => {
    await add('mysql', 'mysql', 1);
    await workshop.tree('.', { link: ['->', 'principia'] });
    const { name, location } = await openRepository(`${workshop.path('link')}/./`);
    assert.equal(name, 'principia');
    assert.equal(location, workshop.path('principia'));
  });

  it('passes over what is no formula: other folders, files, hidden ones', async () => {
    await add('mysql', 'mysql', 1);
    await workshop.tree('principia', {
      'docs/index.md': '',
      README: '',
      '.git/metadata.yaml': 'x',
      'a.zip': '',
    });
    const repository = await open();
    assert.deepEqual(repository.formulas, ['mysql']);
    assert.deepEqual(repository.problems, []);
  });

  it('must exist, be a directory, and not be a formula itself', async () => {
    const formula = await add('mysql', 'mysql', 1);
    await writeFile(workshop.path('file'), '');
    await mkdir(workshop.path('bad\nname'));
    for (const [path, reason] of [
      [workshop.path('none'), /does not exist/],
      [workshop.path('file'), /not a directory/],
      [formula, /itself a formula/],
      [workshop.path('bad\nname'), /cannot be part of a formula id/],
    ] as const)
      await assert.rejects(
        openRepository(path),
        (error) => error instanceof RepositoryNotFound && error.path === path && reason.test(error.reason),
      );
  });

  it('says what it has when asked for what it has not', async () => {
    await add('mysql', 'mysql', 1);
    await add('m3', 'mysql', 3);
    await add('wordpress', 'wordpress', 1);
    const repository = await open();
    assert.throws(
      () => repository.latest('mysq'),
      (error) =>
        error instanceof FormulaNotFound &&
        error.suggestion === 'mysql' &&
        error.next === 'did you mean mysql?',
    );
    assert.throws(
      () => repository.find('postgres', 1),
      (error) => error instanceof FormulaNotFound && error.next === 'choose one of mysql, wordpress',
    );
    assert.throws(
      () => repository.find('mysql', 2),
      (error) => error instanceof RevisionNotFound && error.next === 'choose one of 1, 3',
    );
    for (const odd of ['constructor', '', '../mysql'])
      assert.throws(() => repository.latest(odd), FormulaNotFound);
  });

  it('does not let one broken formula hide the others', async () => {
    await add('mysql', 'mysql', 1);
    await workshop.tree('principia', {
      'broken/metadata.yaml': 'name: [\n',
      'half/metadata.yaml': 'name: half\nrevision: 2\nrequires: 5\n',
      'nothing/hooks/start': '',
      'torn-3.tar.gz': 'not gzip',
      'dangling.tgz': ['->', 'nowhere'],
    });
    const repository = await open();
    assert.equal(repository.latest('mysql').id.revision, 1);
    assert.deepEqual(
      repository.problems.map(({ name, revision, error }) => [name, revision, error.code]),
      [
        ['broken', undefined, 'formula-invalid'],
        ['half', 2, 'formula-invalid'],
        ['nothing', undefined, 'not-a-formula'],
        ['torn', 3, 'bundle-damaged'],
      ],
    );
    assert.throws(() => repository.latest('broken'), FormulaInvalid);
    assert.throws(() => repository.latest('half'), FormulaInvalid);
    assert.throws(() => repository.find('half', 2), FormulaInvalid);
    assert.throws(() => repository.find('half', 3), FormulaNotFound);
    assert.throws(() => repository.latest('nothing'), NotAFormula);
    assert.throws(() => repository.find('torn', 3), BundleDamaged);
  });

  it('does not pass over a broken newer revision in silence, but does over a broken older one', async () => {
    await add('mysql', 'mysql', 5);
    await workshop.tree('principia', { 'older/metadata.yaml': 'name: mysql\nrevision: 4\nrequires: 5\n' });
    await workshop.tree('principia', { 'mysql-3.tgz': 'cut short', 'mysql-2/metadata.yaml': '[' });
    assert.equal((await open()).latest('mysql').id.revision, 5);
    await workshop.tree('principia', { 'newer/metadata.yaml': 'name: mysql\nrevision: 6\nrequires: 5\n' });
    const repository = await open();
    assert.throws(() => repository.latest('mysql'), FormulaInvalid);
    assert.equal(repository.find('mysql', 5).id.revision, 5, 'asked for by number, the good one is there');
  });

  it('takes the same contents under one id for one formula, a directory and a bundle of it too', async () => {
    await add('a', 'mysql', 1);
    await add('b', 'mysql', 1);
    await addBundle('c.tar.gz', 'mysql', 1);
    const repository = await open();
    assert.equal(repository.revisions('mysql').length, 1);
    assert.deepEqual(repository.problems, []);
  });

  it('refuses two contents under one id, naming both, and only when that id is asked for', async () => {
    await add('a', 'mysql', 1);
    await add('b', 'mysql', 2, { data: 'one' });
    await addBundle('c.tar.gz', 'mysql', 2, { data: 'two' });
    await add('d', 'blog', 1);
    const repository = await open();
    const differs = (error: unknown): boolean =>
      error instanceof FormulaContentsDiffer &&
      error.formula === 'principia:mysql-2' &&
      error.message.includes(workshop.path('principia/b')) &&
      error.message.includes(workshop.path('principia/c.tar.gz'));
    assert.throws(() => repository.latest('mysql'), differs);
    assert.throws(() => repository.find('mysql', 2), differs);
    assert.equal(repository.find('mysql', 1).id.revision, 1);
    assert.equal(repository.latest('blog').id.revision, 1);
    assert.equal(repository.problems.length, 1);
  });

  describe('makes its formulas publishable', () => {
    const work = async (): Promise<string> => {
      await mkdir(workshop.path('work'), { recursive: true });
      return workshop.path('work');
    };

    it('with the same bytes from a directory, its bundle, and what another tool packed', async () => {
      const more: Tree = { 'hooks/start': ['->', 'install'], 'data/a': 'x', '.git/HEAD': 'left out' };
      const tree = await add('mysql', 'mysql', 1, more);
      const direct = await publishable((await open()).latest('mysql'), await work());
      await workshop.tree('other', {});
      await bundleFormula(tree, workshop.path('other/ours.tar.gz'));
      const ours = await publishable(
        (await openRepository(workshop.path('other'))).latest('mysql'),
        workshop.path('w1'),
      );
      await workshop.tree('third', {});
      execFileSync('tar', ['-czf', workshop.path('third/theirs.tgz'), '--format=gnu', '-C', tree, '.']);
      const theirs = await publishable(
        (await openRepository(workshop.path('third'))).latest('mysql'),
        workshop.path('w2'),
      );
      assert.deepEqual(ours.digest, direct.digest);
      assert.deepEqual(theirs.digest, direct.digest);
      assert.deepEqual(theirs.manifest, direct.manifest);
      assert.deepEqual(direct.manifest, await listTree(tree));
      assert.equal(theirs.formula.name, 'mysql');
      assert.deepEqual(await listTree(theirs.formula.directory), await listTree(ours.formula.directory));
    });

    it('only when their hooks can run, in a bundle too', async () => {
      await addBundle('mysql.tar.gz', 'mysql', 1, { 'hooks/start': '#!/bin/sh\n' });
      await assert.rejects(publishable((await open()).latest('mysql'), await work()), HookNotExecutable);
    });

    it('only as the revision that was chosen', async () => {
      await add('mysql', 'mysql', 1);
      const chosen = (await open()).latest('mysql');
      await add('mysql', 'mysql', 2);
      await assert.rejects(publishable(chosen, await work()), /was changed while it was being read/);
    });
  });
});
