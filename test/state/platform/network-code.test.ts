import assert from 'node:assert/strict';
import { isBroken, networkCode } from '../../../state/platform/network-code.js';

const coded = (code: unknown): Error => Object.assign(new Error('x'), { code });

describe('the code of a network’s error is', () => {
  const rows: readonly (readonly [string, Error, string])[] = [
    ['its own', coded('ECONNRESET'), 'ECONNRESET'],
    [
      'its own before that of its cause',
      Object.assign(new Error('x', { cause: coded('B') }), { code: 'A' }),
      'A',
    ],
    ['that of its cause', new Error('x', { cause: new Error('y', { cause: coded('EPIPE') }) }), 'EPIPE'],
    ['that of the first address that was tried', new AggregateError([coded('A'), coded('B')]), 'A'],
    ['none of a number', coded(7), ''],
    ['none of a cause that is no error', new Error('x', { cause: 'EPIPE' }), ''],
    ['none of nothing', new Error('x'), ''],
  ];
  for (const [rule, error, code] of rows) it(rule, () => assert.equal(networkCode(error), code));
  it('one of a broken connection, or not', () =>
    assert.deepEqual(['EPIPE', 'ECONNREFUSED', ''].map(isBroken), [true, false, false]));
});
