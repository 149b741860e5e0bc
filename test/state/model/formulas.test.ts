import assert from 'node:assert/strict';
import { FormulaNotPublished, FormulaPublishedDiffers } from '../../../state/model/errors.js';
import { readFormulaRecord, registerFormula, requireFormulaRecord } from '../../../state/model/formulas.js';
import { now, useTree } from './tree.js';

const id = 'principia:mysql-1';
const record = (digit: string) => ({
  sha256: digit.repeat(64),
  size: 1,
  storageKey: `bundles/${digit}`,
  metadata: { name: 'mysql' },
  config: {},
  publishedAt: now,
});

const at = (path: string) => ({ path, kind: 'directory' as const });

describe('a published formula', () => {
  const tree = useTree();

  it('may be published again with the same content, and keeps what was said first', async () => {
    await registerFormula(tree.one, id, record('a'), at('/first'));
    await registerFormula(tree.two, id, { ...record('a'), publishedAt: 'later' }, at('/second'));
    assert.equal((await readFormulaRecord(tree.one, id))?.publishedAt, now);
  });

  it('is never replaced by another content', async () => {
    await registerFormula(tree.one, id, record('a'), at('/first'));
    await assert.rejects(registerFormula(tree.two, id, record('b'), at('/second')), (error: Error) => {
      assert.ok(error instanceof FormulaPublishedDiffers);
      assert.deepEqual([error.formula, error.source], [id, at('/second')]);
      return true;
    });
    assert.equal((await requireFormulaRecord(tree.one, id)).sha256, 'a'.repeat(64));
  });

  it('of two contents at the same time is one of them, and the other is told', async () => {
    const results = await Promise.allSettled([
      registerFormula(tree.one, id, record('a'), at('/a')),
      registerFormula(tree.two, id, record('b'), at('/b')),
    ]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  });

  it('that was not published is named', async () => {
    assert.equal(await readFormulaRecord(tree.one, id), undefined);
    await assert.rejects(requireFormulaRecord(tree.one, id), FormulaNotPublished);
  });
});
