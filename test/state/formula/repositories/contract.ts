import assert from 'node:assert/strict';
import { FormulaNotFound, RevisionNotFound } from '../../../../state/formula/errors.js';
import { publishable } from '../../../../state/formula/publishable.js';
import { openRepository } from '../../../../state/formula/repositories/open.js';
import { EnsembleError } from '../../../../state/platform/errors.js';
import { formulaTree, type Workshop } from '../workshop.js';

/** A kind of repository, as the suite makes one of it. */
export interface Made {
  /** What an operator would write for it. */
  readonly location: string;
  /** Shows what lies in the directory now. */
  publish(): Promise<void>;
  /** Has nobody answer at the location any more. */
  vanish(): Promise<void>;
}

/**
 * What repositories of all kinds must do alike.
 * @param make gets a directory of formulas, of the name `principia`
 */
export function repositoryContract(workshop: Workshop, make: (directory: string) => Promise<Made>): void {
  const add = (name: string, revision: number, more = {}): Promise<string> =>
    workshop.tree(`principia/${name}-${revision}`, formulaTree(name, revision, more));
  const metadata = (revision: number, text: string): object => ({
    'metadata.yaml': `name: mysql\nrevision: ${revision}\n${text}`,
  });

  it('offers all revisions in the order of numbers, under its name', async () => {
    for (const revision of [9, 10, 2]) await add('mysql', revision);
    await add('blog', 1);
    const { location } = await make(workshop.path('principia'));
    const repository = await openRepository(location);
    assert.equal(repository.name, 'principia');
    assert.deepEqual(repository.formulas, ['blog', 'mysql']);
    assert.deepEqual(
      repository.revisions('mysql').map(({ id }) => id),
      [2, 9, 10].map((revision) => ({ repository: 'principia', name: 'mysql', revision })),
    );
    assert.equal(repository.latest('mysql').id.revision, 10);
    assert.equal(repository.find('mysql', 9).id.revision, 9);
    assert.deepEqual(repository.revisions('none'), []);
    assert.deepEqual(repository.problems, []);
  });

  it('says what a revision is without fetching it: release, relations, options, hooks', async () => {
    await add('mysql', 3, {
      ...metadata(3, 'provides: {db: mysql}\nrelease: {line: 2, urgent: security, ensemble: ">=0.1"}\n'),
      'config.yaml': 'options: {port: {type: int, default: 3306}}\n',
      'hooks/start': ['x', '#!/bin/sh\n'],
    });
    const { location } = await make(workshop.path('principia'));
    const { metadata: said, config, hooks } = (await openRepository(location)).latest('mysql');
    assert.deepEqual(said.release, { line: 2, prerelease: false, urgent: 'security', ensemble: '>=0.1' });
    assert.equal(said.provides.db?.interface, 'mysql');
    assert.deepEqual(config.port, { type: 'int', default: 3306, description: '' });
    assert.deepEqual(hooks, ['install', 'start']);
  });

  it('gives the content that its author has: the same bundle, whatever way it came', async () => {
    const more = {
      'data/größe.txt': 'x'.repeat(100_000),
      'hooks/start': ['x', '#!/bin/sh\necho $Format:%H$\n'],
      'a link': ['->', 'data/größe.txt'],
      'crlf.txt': 'one\r\ntwo\r\n',
      'empty/.keep': '',
    };
    const directory = await add('mysql', 4, more);
    const { location } = await make(workshop.path('principia'));
    const candidate = (await openRepository(location)).find('mysql', 4);
    const got = await publishable(candidate, workshop.path('work'));
    const own = (await openRepository(workshop.path('principia'))).find('mysql', 4);
    assert.equal(own.path, directory);
    const wanted = await publishable(own, workshop.path('own'));
    assert.deepEqual(got.manifest, wanted.manifest);
    assert.deepEqual(got.digest, wanted.digest);
  });

  it('shows what came since, and names what it does not have', async () => {
    await add('mysql', 1);
    const { location, publish } = await make(workshop.path('principia'));
    assert.equal((await openRepository(location)).latest('mysql').id.revision, 1);
    await add('mysql', 2);
    await publish();
    const repository = await openRepository(location);
    assert.equal(repository.latest('mysql').id.revision, 2);
    assert.throws(() => repository.latest('postgres'), FormulaNotFound);
    assert.throws(() => repository.find('mysql', 3), RevisionNotFound);
  });

  it('is found again by what is remembered of it', async () => {
    await add('mysql', 1);
    const { location } = await make(workshop.path('principia'));
    const { location: remembered, name } = await openRepository(location);
    const again = await openRepository(remembered);
    assert.deepEqual([again.location, again.name, again.formulas], [remembered, name, ['mysql']]);
  });

  it('is an error where it is away, and never empty', async () => {
    await add('mysql', 1);
    const { location, vanish } = await make(workshop.path('principia'));
    await openRepository(location);
    await vanish();
    await assert.rejects(openRepository(location), (error) => {
      assert.ok(error instanceof EnsembleError);
      assert.match(error.code, /^repository-(unavailable|not-found)$/);
      return true;
    });
  });
}
