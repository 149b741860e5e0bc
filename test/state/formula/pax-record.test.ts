import assert from 'node:assert/strict';

import { type PaxFields, parsePax } from '../../../state/formula/pax-record.js';

/** One record, with its own length before it. */
function record(text: string): string {
  const rest = ` ${text}\n`;
  const length = [1, 2, 3, 4].find((digits) => String(rest.length + digits).length === digits) ?? 0;
  return `${rest.length + length}${rest}`;
}

describe('a pax record', () => {
  const read: readonly (readonly [says: string, text: string, fields: PaxFields])[] = [
    ['nothing', '', {}],
    ['a path', record('path=a/b'), { path: 'a/b' }],
    ['a path with =', record('path=a=b'), { path: 'a=b' }],
    ['a link', record('linkpath=../x'), { linkpath: '../x' }],
    ['a size', record('size=123'), { size: 123 }],
    [
      'several, of which the last counts',
      record('path=a') + record('size=1') + record('path=b'),
      { path: 'b', size: 1 },
    ],
    ['what is not known', record('mtime=1.5') + record('path=a'), { path: 'a' }],
  ];
  for (const [says, text, fields] of read)
    it(`is read: ${says}`, () => assert.deepEqual(parsePax(Buffer.from(text, 'latin1')), fields));

  const refused: readonly (readonly [says: string, text: string, message: RegExp])[] = [
    ['no length', 'path=a\n', /cannot be read/],
    ['a length with a zero before it', '009 path=\n', /cannot be read/],
    ['a length that goes beyond the record', '99 path=a\n', /cannot be read/],
    ['a length that ends before the line does', '8 path=abc\n', /cannot be read/],
    ['no =', record('path'), /cannot be read/],
    ['no key', record('=a'), /cannot be read/],
    ['a size that is no number', record('size=-1'), /without a sensible size/],
    ['a size beyond reason', record(`size=${'9'.repeat(16)}`), /without a sensible size/],
    ['a sparse file', record('GNU.sparse.major=1'), /sparse/],
  ];
  for (const [says, text, message] of refused)
    it(`is refused: ${says}`, () => assert.throws(() => parsePax(Buffer.from(text, 'latin1')), { message }));
});
