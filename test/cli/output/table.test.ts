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

  it('goes on in further lines where the text of the last column is longer than there is room', () => {
    const long = 'the disk is full and nothing can be written any more';
    assert.deepEqual(renderTable([...rows, ['a/1', 'started', long]], 50).slice(-3), [
      'a/1       started        the disk is full and',
      '                         nothing can be written',
      '                         any more',
    ]);
    assert.deepEqual(
      renderTable(
        [
          ['A', 'B'],
          ['a', 'x'.repeat(60)],
        ],
        43,
      ).slice(1),
      [`a  ${'x'.repeat(40)}`, `   ${'x'.repeat(20)}`],
      'a word that is longer than a line',
    );
  });

  it('has the text of the last column beneath each row where there is no room beside it', () => {
    assert.deepEqual(renderTable([...rows, ['a/1', 'started', 'it needs a database']], 30), [
      'UNIT      STATE',
      'mysql/0   started',
      '    all is well',
      'mysql/10  install-error',
      'a/1       started',
      '    it needs a database',
    ]);
  });

  it('leaves out spare columns where it is too wide, those in which nothing stands first', () => {
    const wide = [
      ['UNIT', 'PORTS', 'UPGRADE', 'MESSAGE'],
      ['mysql/0', '3306/tcp', '-', 'all is well here'],
    ];
    assert.deepEqual(renderTable(wide, 80, [1, 2])[0], 'UNIT     PORTS     UPGRADE  MESSAGE');
    assert.deepEqual(renderTable(wide, 36, [1, 2])[0], 'UNIT     PORTS     MESSAGE');
    assert.deepEqual(renderTable(wide, 30, [1, 2])[0], 'UNIT     MESSAGE');
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
