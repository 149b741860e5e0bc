import assert from 'node:assert/strict';
import {
  type AllowedSigner,
  isForNamespace,
  parseAllowedSigners,
  parseRevoked,
} from '../../../../state/formula/trust/allowed-signers.js';
import { SignersInvalid } from '../../../../state/formula/trust/errors.js';

/** The text of a public key, as long as one of that type needs to be to be read. */
function keyOf(type: string): string {
  const name = Buffer.from(type, 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  return Buffer.concat([length, name, Buffer.alloc(32, 7)]).toString('base64');
}

const ED25519 = keyOf('ssh-ed25519');
const KEY = `ssh-ed25519 ${ED25519}`;

describe('a line of allowed signers names', () => {
  const bare: AllowedSigner = {
    ...{ principals: 'ann', key: ED25519 },
    ...{ namespaces: undefined, validAfter: undefined, validBefore: undefined },
  };
  const rows: readonly (readonly [string, string, readonly AllowedSigner[]])[] = [
    ['nobody, if it is empty or a remark', '\n  \n# ann\n', []],
    ['who signs and the key', `ann ${KEY}`, [bare]],
    ['the same with a remark behind, and a Windows end', `ann ${KEY} ann@host\r\n`, [bare]],
    ['several names', `ann,bob@* ${KEY}`, [{ ...bare, principals: 'ann,bob@*' }]],
    ['a name in quotes', `"ann and bob" ${KEY}`, [{ ...bare, principals: 'ann and bob' }]],
    ['what it is for', `ann namespaces="a,b*" ${KEY}`, [{ ...bare, namespaces: ['a', 'b*'] }]],
    ['what it is for, in another case', `ann Namespaces="a" ${KEY}`, [{ ...bare, namespaces: ['a'] }]],
    [
      'from when to when it counts, to the day, the minute or the second',
      `ann valid-after="20260102Z",valid-before="202601030405Z" ${KEY}\nann valid-before="20260103040506Z" ${KEY}`,
      [
        { ...bare, validAfter: Date.UTC(2026, 0, 2), validBefore: Date.UTC(2026, 0, 3, 4, 5) },
        { ...bare, validBefore: Date.UTC(2026, 0, 3, 4, 5, 6) },
      ],
    ],
    [
      'the same in the machine’s own time',
      `ann valid-after="20260102" ${KEY}`,
      [{ ...bare, validAfter: new Date(2026, 0, 2).getTime() }],
    ],
    [
      'nobody, if it is for certificates',
      `ann cert-authority ${KEY}\nann cert-authority,namespaces="a" ${KEY}`,
      [],
    ],
    [
      'a key of a security key',
      `ann sk-ssh-ed25519@openssh.com ${keyOf('sk-ssh-ed25519@openssh.com')}`,
      [{ ...bare, key: keyOf('sk-ssh-ed25519@openssh.com') }],
    ],
  ];
  for (const [rule, text, signers] of rows)
    it(rule, () => assert.deepEqual(parseAllowedSigners(text, 'signers'), signers));
});

describe('a line of allowed signers is refused', () => {
  const noName = 'it begins with no name of a signer: write NAME KIND KEY';
  const rows: readonly (readonly [string, string, string])[] = [
    ['if it begins with a key', KEY, noName],
    ['if it begins with a key of a security key', `sk-ssh-ed25519@openssh.com ${ED25519}`, noName],
    ['if it is one word', 'ann', noName],
    ['if a quote is open', `"ann ${KEY}`, noName],
    ['if the key is missing', 'ann ssh-ed25519', '"ssh-ed25519" is no option that is known'],
    [
      'if the key is not in base64',
      'ann ssh-ed25519 ????????',
      '"ssh-ed25519 ????????" is no option that is known',
    ],
    ['if options are all that follows', 'ann namespaces="a"', 'it holds no public key'],
    [
      'if it has an option that is not known: it may narrow what the key is for',
      `ann verify-required ${KEY}`,
      '"verify-required" is no option that is known',
    ],
    [
      'if an option that needs a value has none',
      `ann namespaces ${KEY}`,
      'namespaces needs a value in quotes',
    ],
    ['if a value has no quotes', `ann namespaces=a ${KEY}`, '"namespaces=a '],
    [
      'if the key is of another kind than it says',
      `ann ssh-rsa ${ED25519}`,
      'its key is not of the kind ssh-rsa, as it says',
    ],
    [
      'if the key is too short to tell its kind',
      'ann ssh-rsa AAAA',
      'its key is not of the kind ssh-rsa, as it says',
    ],
    [
      'if a time is no time',
      `ann valid-after="soon" ${KEY}`,
      '"soon" is no time: write it like 20270101 or 202701011200Z',
    ],
    ['if a day is none of the calendar', `ann valid-after="20261301Z" ${KEY}`, '"20261301Z" is no time'],
  ];
  for (const [rule, text, reason] of rows)
    it(rule, () =>
      assert.throws(
        () => parseAllowedSigners(`# first\n${text}\n`, 'signers'),
        (error: unknown) => {
          assert.ok(error instanceof SignersInvalid, String(error));
          assert.deepEqual([error.file, error.line], ['signers', 2]);
          assert.ok(error.reason.startsWith(reason), error.reason);
          return true;
        },
      ),
    );
});

describe('a list of revoked keys', () => {
  it('holds keys, with and without a remark, and lines that say nothing', () =>
    assert.deepEqual(parseRevoked(`# gone\n\n${KEY}\n${KEY} ann@host\n`, 'revoked'), [ED25519, ED25519]));

  const rows: readonly (readonly [string, string, string])[] = [
    ['a name before the key', `ann ${KEY}`, 'it is no public key'],
    ['a fingerprint', 'SHA256:abc', 'it is no public key'],
    [
      'a key of another kind than it says',
      `ssh-rsa ${ED25519}`,
      'its key is not of the kind ssh-rsa, as it says',
    ],
  ];
  for (const [rule, text, reason] of rows)
    it(`is refused with ${rule}`, () =>
      assert.throws(
        () => parseRevoked(text, 'revoked'),
        (error: unknown) => error instanceof SignersInvalid && error.reason === reason && error.line === 1,
      ));
});

describe('a signer may sign in a namespace', () => {
  const rows: readonly (readonly [readonly string[] | undefined, string, boolean])[] = [
    [undefined, 'ensemble-formula', true],
    [['ensemble-formula'], 'ensemble-formula', true],
    [['git', 'ensemble-*'], 'ensemble-formula', true],
    [['git'], 'ensemble-formula', false],
    [[], 'ensemble-formula', false],
    [['*', '!ensemble-formula'], 'ensemble-formula', false],
    [['*', '!git'], 'ensemble-formula', true],
    [['!git'], 'ensemble-formula', false],
  ];
  for (const [namespaces, namespace, may] of rows)
    it(`of ${namespaces?.join(', ') ?? 'any'}: ${may}`, () => {
      const signer = {
        principals: 'ann',
        key: '',
        validAfter: undefined,
        validBefore: undefined,
        namespaces,
      };
      assert.equal(isForNamespace(signer, namespace), may);
    });
});
