import assert from 'node:assert/strict';
import { chmod, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bumpRevision } from '../../../state/formula/bump.js';
import { FormulaInvalid, NotAFormula } from '../../../state/formula/errors.js';
import { readFormula } from '../../../state/formula/formula.js';
import { type Tree, Workshop } from './workshop.js';

describe('bumpRevision', () => {
  const workshop = new Workshop();
  const bump = async (files: Tree): Promise<{ revision: number; tree: string }> => {
    const tree = await workshop.tree('clock', files);
    return { revision: await bumpRevision(tree), tree };
  };

  it('raises the number in metadata.yaml and changes nothing else in it', async () => {
    const text = (revision: string): string =>
      `# The clock\r\nname:   clock\n\nrevision:   ${revision}   # raise me\nrequires: { db: mysql }  # odd\n\n\n`;
    const { revision, tree } = await bump({ 'metadata.yaml': text('9') });
    assert.equal(revision, 10);
    assert.equal(await readFile(join(tree, 'metadata.yaml'), 'utf8'), text('10'));
    assert.equal((await readFormula(tree)).revision, 10);
    assert.deepEqual(await readdir(tree), ['metadata.yaml'], 'nothing half-written stays behind');
  });

  it('writes the first revision into a file that names none', async () => {
    const { revision, tree } = await bump({ 'metadata.yaml': 'name: clock\nsummary: x' });
    assert.equal(revision, 1);
    assert.equal(
      await readFile(join(tree, 'metadata.yaml'), 'utf8'),
      'name: clock\nsummary: x\nrevision: 1\n',
    );
  });

  for (const [name, metadata, expected] of [
    ['flow style', '{name: clock, revision: 0}', '{name: clock, revision: 1}'],
    ['an anchor', 'name: clock\nrevision: &r 1\nother: *r\n', 'name: clock\nrevision: &r 2\nother: *r\n'],
    ['an alias', 'name: clock\nother: &r 1\nrevision: *r\n', 'name: clock\nother: &r 1\nrevision: 2\n'],
    ['hexadecimal', 'name: clock\nrevision: 0x10\n', 'name: clock\nrevision: 17\n'],
    ['no line end', 'name: clock\nrevision: 1', 'name: clock\nrevision: 2'],
    [
      'a revision elsewhere first',
      'other: {revision: 5}\nname: clock\nrevision: 1\n',
      'other: {revision: 5}\nname: clock\nrevision: 2\n',
    ],
    ['a quoted key', 'name: clock\n"revision": 1\n', 'name: clock\n"revision": 2\n'],
  ] as const)
    it(`finds the number in ${name}`, async () => {
      const { tree } = await bump({ 'metadata.yaml': metadata });
      assert.equal(await readFile(join(tree, 'metadata.yaml'), 'utf8'), expected);
    });

  it('writes into the revision file where that is used, and into both where both are', async () => {
    const { revision, tree } = await bump({ 'metadata.yaml': 'name: clock\n', revision: '4' });
    assert.equal(revision, 5);
    assert.equal(await readFile(join(tree, 'revision'), 'utf8'), '5\n');
    assert.equal(await readFile(join(tree, 'metadata.yaml'), 'utf8'), 'name: clock\n');
    const both = await bump({ 'metadata.yaml': 'name: clock\nrevision: 5\n', revision: '5\n' });
    assert.equal((await readFormula(both.tree)).revision, 6);
  });

  it('keeps the file’s mode', async () => {
    const tree = await workshop.tree('clock', { 'metadata.yaml': 'name: clock\nrevision: 1\n' });
    await chmod(join(tree, 'metadata.yaml'), 0o640);
    await bumpRevision(tree);
    assert.equal((await stat(join(tree, 'metadata.yaml'))).mode & 0o777, 0o640);
  });

  it('touches nothing of a formula that is not valid', async () => {
    const text = 'name: clock\nrevision: 1\nrequires: 5\n';
    const tree = await workshop.tree('clock', { 'metadata.yaml': text });
    await assert.rejects(bumpRevision(tree), FormulaInvalid);
    assert.equal(await readFile(join(tree, 'metadata.yaml'), 'utf8'), text);
    await assert.rejects(bumpRevision(workshop.path('none')), NotAFormula);
    const last = await workshop.tree('last', {
      'metadata.yaml': `name: a\nrevision: ${Number.MAX_SAFE_INTEGER}\n`,
    });
    await assert.rejects(bumpRevision(last), /cannot become any larger/);
  });
});
