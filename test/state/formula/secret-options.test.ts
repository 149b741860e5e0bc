import assert from 'node:assert/strict';
import { isSecretOption } from '../../../state/formula/secret-options.js';

const rows: readonly (readonly [string, unknown, boolean])[] = [
  ['title', undefined, false],
  ['password', undefined, true],
  ['admin-password', undefined, true],
  ['dbPasswd', undefined, true],
  ['passphrase', undefined, true],
  ['client_secret', undefined, true],
  ['AUTH_TOKEN', undefined, true],
  ['ssl-key', undefined, true],
  ['api.key', undefined, true],
  ['apikey', undefined, true],
  ['keys', undefined, true],
  ['key-file', undefined, true],
  ['aws-credentials', undefined, true],
  ['keyspace', undefined, false],
  ['keepalive', undefined, false],
  ['pass-through', undefined, false],
  ['title', true, true],
  ['password', false, false],
  ['password', 'perhaps', true],
  ['title', 'perhaps', false],
];

describe('the value of an option', () => {
  for (const [name, secret, expected] of rows)
    it(`${name}, secret: ${String(secret)}, is ${expected ? 'a' : 'no'} secret`, () => {
      assert.equal(isSecretOption(name, { secret }), expected);
    });

  it('of which the formula knows nothing is judged by its name', () => {
    assert.equal(isSecretOption('token', undefined), true);
    assert.equal(isSecretOption('title', undefined), false);
  });
});
