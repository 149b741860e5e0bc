import assert from 'node:assert/strict';

import type { Json } from '../../../hooks/context/snapshot.js';
import { type Format, render } from '../../../hooks/tools/format.js';

describe('a value as a hook tool prints it', () => {
  const rows: readonly (readonly [format: Format, value: Json | undefined, printed: string])[] = [
    ['smart', undefined, ''],
    ['smart', null, ''],
    ['smart', '', ''],
    ['smart', {}, ''],
    ['smart', [], ''],
    ['smart', false, 'false\n'],
    ['smart', 0, '0\n'],
    ['smart', 'a b', 'a b\n'],
    ['smart', ['a', null, { b: 1 }], 'a\n\n{"b":1}\n'],
    ['smart', { a: 'x', b: 2 }, 'a: x\nb: 2\n'],
    ['json', undefined, 'null\n'],
    ['json', '', '""\n'],
    ['json', { a: [1] }, '{"a":[1]}\n'],
    ['yaml', undefined, ''],
    ['yaml', ['a'], '- a\n'],
    ['shell', undefined, ''],
    ['shell', null, "VAR_VALUE=''\n"],
    ['shell', "it's", "VAR_VALUE='it'\\''s'\n"],
    ['shell', ['a', 'b'], "VAR_VALUE='a b'\n"],
    ['shell', { 'max-connections': 100, 'a.b': null }, "VAR_MAX_CONNECTIONS='100'\nVAR_A_B=''\n"],
  ];
  for (const [format, value, printed] of rows)
    it(`is, as ${format} of ${JSON.stringify(value)}, ${JSON.stringify(printed)}`, () =>
      assert.equal(render(format, value), printed));

  it('has the name that it is asked by in the shell format', () =>
    assert.equal(render('shell', 'x', 'private-address'), "VAR_PRIVATE_ADDRESS='x'\n"));
});
