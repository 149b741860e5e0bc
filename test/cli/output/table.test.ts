import assert from 'node:assert/strict';
import { renderTable } from '../../../cli/output/table.js';

describe('a table', () => {
  const rows = [
    ['UNIT', 'STATE', 'MESSAGE'],
    ['mysql/0', 'started', 'all is well'],
    ['mysql/10', 'install-error', ''],
  ];

  it('has columns as wide as their widest cell, and no spaces at the ends of lines', () => {
    assert.deepEqual(renderTable(rows), [
      'UNIT      STATE          MESSAGE',
      'mysql/0   started        all is well',
      'mysql/10  install-error',
    ]);
  });

  it('cuts the last column to the width there is, and no other', () => {
    assert.deepEqual(
      renderTable([...rows, ['a/1', 'started', 'x'.repeat(40)]], 45).at(-1),
      `a/1       started        ${'x'.repeat(19)}…`,
    );
    assert.equal(renderTable([...rows, ['a/1', 'started', 'x'.repeat(40)]], 10).at(-1)?.length, 25 + 12);
  });

  it('keeps columns straight behind characters of two columns, combining ones and emoji', () => {
    assert.deepEqual(
      renderTable([
        ['数据库', 'a'],
        ['e\u0301te\u0301', 'b'],
        ['👩‍🚀', 'c'],
        ['plain', 'd'],
      ]),
      ['数据库  a', 'e\u0301te\u0301     b', '👩‍🚀      c', 'plain   d'],
    );
  });

  it('fills rows that are too short, and is empty without rows', () => {
    assert.deepEqual(renderTable([['a', 'b', 'c'], ['d']]), ['a  b  c', 'd']);
    assert.deepEqual(renderTable([]), []);
  });
});
