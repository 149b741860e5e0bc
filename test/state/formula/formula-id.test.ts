import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { FormulaIdInvalid } from '../../../state/formula/errors.js';
import {
  formatFormulaId,
  nameFault,
  NAME_PATTERN,
  parseFormulaId,
} from '../../../state/formula/formula-id.js';

describe('a formula id', () => {
  it('is rendered as repository, name and revision', () => {
    assert.equal(
      formatFormulaId({ repository: 'principia', name: 'mysql', revision: 12 }),
      'principia:mysql-12',
    );
  });

  for (const [text, expected] of [
    ['principia:mysql-12', { repository: 'principia', name: 'mysql', revision: 12 }],
    ['principia:mysql-0', { repository: 'principia', name: 'mysql', revision: 0 }],
    ['principia:word-press-3', { repository: 'principia', name: 'word-press', revision: 3 }],
    ['my formulas: v2:a-1', { repository: 'my formulas: v2', name: 'a', revision: 1 }],
  ] as const)
    it(`is understood: ${text}`, () => assert.deepEqual(parseFormulaId(text), expected));

  for (const text of [
    '',
    'mysql',
    'mysql-12',
    ':mysql-12',
    'principia:mysql',
    'principia:mysql-',
    'principia:mysql-012',
    'principia:mysql--1',
    'principia:mysql-1-2',
    'principia:mysql-1.5',
    'principia:mysql-99999999999999999999',
    'principia:Mysql-1',
    'principia:9-1',
    'a/b:mysql-1',
    'a\n:mysql-1',
    'principia:mysql-1\n',
    'a\ufff0:mysql-1',
  ])
    it(`is refused: ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseFormulaId(text),
        (error) => error instanceof FormulaIdInvalid && error.text === text && error.reason !== '',
      );
    });

  it('means the same when it is rendered and parsed again', () => {
    const id = fc.record(
      {
        repository: fc
          .string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' })
          .filter((name) => !name.includes('/')),
        name: fc.stringMatching(/^[a-z]([a-z0-9-]{0,20}[a-z])?$/),
        revision: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
      },
      { noNullPrototype: true },
    );
    const seed = Date.now() % 2 ** 31;
    void fc.assert(
      fc.property(id, (each) => assert.deepEqual(parseFormulaId(formatFormulaId(each)), each)),
      { seed },
    );
  });
});

describe('the names of formulas and services', () => {
  for (const name of ['a', 'mysql', 'word-press', 'mysql2', 'a-1-b', 'a--b', 'x'.repeat(63)])
    it(`may be ${name}`, () => {
      assert.equal(nameFault(name), undefined);
      assert.match(name, NAME_PATTERN);
    });

  for (const [name, fault] of [
    ['', /lower-case/],
    ['mysql-', /dash/],
    ['mysql-1', /revision or a unit number/],
    ['-mysql', /start with a letter/],
    ['2mysql', /start with a letter/],
    ['MySQL', /lower-case/],
    ['my_sql', /lower-case/],
    ['my sql', /lower-case/],
    ['mysql\n', /lower-case/],
    ['mysql/0', /lower-case/],
    ['..', /lower-case/],
    ['x'.repeat(64), /longer than 63/],
  ] as const)
    it(`may not be ${JSON.stringify(name)}`, () => assert.match(nameFault(name) ?? '', fault));
});
