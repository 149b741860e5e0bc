import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { checkFormulaSignature, type TrustRules } from '../../../../state/formula/trust/check-signature.js';
import {
  SignatureInvalid,
  SignatureMismatch,
  SignatureMissing,
  SignatureNamespace,
  SignerRevoked,
  SignersInvalid,
  SignerUnknown,
} from '../../../../state/formula/trust/errors.js';
import { formulaStatement } from '../../../../state/formula/trust/statement.js';
import { fidoDevice, Keys } from './keys.js';

const formula = { name: 'pulse', revision: 3, sha256: 'ab'.repeat(32) };
const statement = formulaStatement(formula);
/** Bytes of a list before its first section, without a remark. */
const HEADER_OF_LIST = 8 + 4 + 3 * 8 + 4 + 4;
const NOW = Date.parse('2027-03-01T12:00:00Z');

describe('a signature of a formula', function () {
  this.timeout(20_000);
  let keys: Keys;
  before(() => {
    keys = new Keys();
  });
  after(() => keys.close());

  const trust = (signers: string, more: Partial<TrustRules> = {}): TrustRules => ({
    signers,
    require: true,
    ...more,
  });
  const check = (rules: TrustRules, signature: string | undefined, of = formula) =>
    checkFormulaSignature(rules, of, signature, NOW);

  for (const [kind, options, hash] of [
    ['ed25519', '-t ed25519', 'sha512'],
    ['ed25519', '-t ed25519', 'sha256'],
    ['ecdsa', '-t ecdsa -b 256', 'sha512'],
    ['ecdsa', '-t ecdsa -b 384', 'sha512'],
    ['ecdsa', '-t ecdsa -b 521', 'sha512'],
    ['rsa', '-t rsa -b 2048', 'sha512'],
    ['rsa', '-t rsa -b 2048', 'sha256'],
  ] as const)
    it(`by ssh-keygen ${options}, hashed with ${hash}, is believed here and there, and of nothing else`, () => {
      const key = keys.make(`${options.replaceAll(/[ -]/g, '')}-${hash}`, options);
      const signers = keys.signers(`author ${keys.publicKey(key)}`);
      const signature = keys.sign(key, statement, ['-O', `hashalg=${hash}`]);
      assert.equal(check(trust(signers), signature)?.principals, 'author', kind);
      assert.ok(keys.verifies(signers, statement, signature));
      for (const other of [{ revision: 4 }, { name: 'pulse2' }, { sha256: 'ac'.repeat(32) }]) {
        const swapped = { ...formula, ...other };
        assert.throws(() => check(trust(signers), signature, swapped), SignatureMismatch);
        assert.ok(!keys.verifies(signers, formulaStatement(swapped), signature));
      }
    });

  for (const kind of ['ed25519', 'ecdsa'] as const)
    it(`by a FIDO device (sk-${kind}) is believed, as ssh-keygen believes it, where it was touched`, () => {
      // Numbers of ECDSA that begin with zeros come once in 256 times each.
      for (let times = 0; times < (kind === 'ecdsa' ? 300 : 2); times += 1) {
        const device = fidoDevice(kind);
        const signers = keys.signers(`author ${device.publicKey}`);
        const signature = device.sign(statement);
        assert.equal(check(trust(signers), signature)?.principals, 'author');
        if (times > 0) continue;
        assert.ok(keys.verifies(signers, statement, signature));
        assert.throws(() => check(trust(signers), device.sign('another')), SignatureMismatch);
        assert.throws(() => check(trust(signers), device.sign(statement, false)), /nobody touched/);
      }
    });

  it('by an RSA key of 1024 bits, or any way with SHA-1, is not believed', () => {
    const key = keys.make('short', '-t rsa -b 1024');
    const signers = keys.signers(`author ${keys.publicKey(key)}`);
    assert.throws(
      () => check(trust(signers), keys.sign(key, statement)),
      /has 1024 bits, and must have 2048/,
    );
    const long = keys.make('long', '-t rsa -b 2048');
    const changed = armoured(keys.sign(long, statement), 'rsa-sha2-512', 'ssh-rsa\0\0\0\0\0');
    assert.throws(
      () => check(trust(keys.signers(`author ${keys.publicKey(long)}`)), changed),
      SignatureInvalid,
    );
  });

  it('is refused as ssh-keygen refuses it: another namespace, another signer, a revoked one, out of its time', () => {
    const key = keys.make('one');
    const other = keys.make('other');
    const line = `author ${keys.publicKey(key)}`;
    const signature = keys.sign(key, statement);
    const signers = keys.signers(line);
    const refused = (rules: TrustRules, text: string, error: new (...all: never[]) => Error): void => {
      assert.throws(() => check(rules, text), error);
      const { revoked } = rules;
      assert.ok(!keys.verifies(rules.signers, statement, text, revoked === undefined ? {} : { revoked }));
    };
    refused(trust(signers), keys.sign(key, statement, [], 'git'), SignatureNamespace);
    refused(trust(keys.signers(`author ${keys.publicKey(other)}`)), signature, SignerUnknown);
    refused(trust(keys.signers('')), signature, SignerUnknown);
    const revoked = keys.path('revoked');
    writeFileSync(revoked, `# taken back\n${keys.publicKey(key)} lost\n`);
    refused(trust(signers, { revoked }), signature, SignerRevoked);
    for (const options of ['namespaces="git,file"', 'namespaces="*,!ensemble-formula"', 'cert-authority'])
      refused(trust(keys.signers(line.replace(' ', ` ${options} `))), signature, SignerUnknown);
    const until = (time: string): TrustRules =>
      trust(keys.signers(line.replace(' ', ` namespaces="ensemble-*",valid-before="${time}" `)));
    assert.throws(() => check(until('20270101'), signature), /was valid only until 2027-01-01/);
    assert.ok(check(until('20270401Z'), signature));
    assert.throws(
      () => check(trust(keys.signers(line.replace(' ', ' valid-after="202705011200Z" '))), signature),
      /is valid only from 2027-05-01T12:00:00/,
    );
  });

  it('is refused by a list that ssh-keygen -k made, as ssh-keygen refuses it, however the list names its key', () => {
    const [key, other] = [keys.make('listed'), keys.make('not-listed')];
    const signers = keys.signers(`author ${keys.publicKey(key)}`, `author ${keys.publicKey(other)}`);
    const ca = keys.make('listed-ca');
    const plain = keys.publicKey(key);
    const digest = createHash('sha256')
      .update(Buffer.from(plain.split(' ')[1] ?? '', 'base64'))
      .digest('base64');
    for (const [name, specification] of [
      ['key', plain],
      ['sha1', `sha1: ${plain}`],
      ['sha256', `sha256: ${plain}`],
      ['hash', `hash: SHA256:${digest.replace(/=+$/, '')}`],
      ['among-others', `serial: 1-7\nid: somebody\nsha1: ${keys.publicKey(keys.make('x'))}\n${plain}`],
    ] as const) {
      const revoked = keys.revocationList(name, specification, ca);
      const signature = keys.sign(key, statement);
      assert.throws(() => check(trust(signers, { revoked }), signature), SignerRevoked, name);
      assert.ok(!keys.verifies(signers, statement, signature, { revoked }), name);
      const others = keys.sign(other, statement);
      assert.equal(check(trust(signers, { revoked }), others)?.principals, 'author', name);
      assert.ok(keys.verifies(signers, statement, others, { revoked }), name);
    }
    const empty = keys.revocationList('empty', '', ca);
    assert.ok(check(trust(signers, { revoked: empty }), keys.sign(key, statement)));
  });

  it('is of nobody known where such a list cannot be read to its end', () => {
    const key = keys.make('cut');
    const signers = keys.signers(`author ${keys.publicKey(key)}`);
    const whole = readFileSync(keys.revocationList('whole', keys.publicKey(key), keys.make('cut-ca')));
    const revoked = keys.path('cut-list');
    const signature = keys.sign(key, statement);
    const refuses = (bytes: Buffer, said: RegExp): void => {
      writeFileSync(revoked, bytes);
      assert.throws(
        () => check(trust(signers, { revoked }), signature),
        (error) => error instanceof SignersInvalid && said.test(error.message),
      );
    };
    for (let length = 8; length < whole.length; length += 1)
      if (length !== HEADER_OF_LIST) refuses(whole.subarray(0, length), /it is cut off/);
    const later = Buffer.from(whole);
    later.writeUInt32BE(2, 8);
    refuses(later, /a list of version 2, which is not known/);
    refuses(
      Buffer.concat([whole, Buffer.from([99, 0, 0, 0, 0])]),
      /a section of kind 99, which is not known/,
    );
  });

  it('that is made with a certificate is refused in words, also where its authority is listed', () => {
    const key = keys.make('certified');
    const ca = keys.make('authority');
    const signature = keys.signWithCertificate(key, ca, statement);
    const signers = keys.signers(
      `author cert-authority ${keys.publicKey(ca)}`,
      `author ${keys.publicKey(key)}`,
    );
    assert.ok(keys.verifies(signers, statement, signature), 'ssh-keygen believes it');
    assert.throws(
      () => check(trust(signers), signature),
      (error) =>
        error instanceof SignatureInvalid &&
        /is made with a certificate of ssh, which is not believed: sign with the key itself/.test(
          error.message,
        ),
    );
    // By the key itself, beside which the certificate lies.
    assert.ok(check(trust(signers), keys.sign(key, statement)));
  });

  it('is needed where the environment requires it, and must be good in any case', () => {
    const key = keys.make('needed');
    const signers = keys.signers(`author ${keys.publicKey(key)}`);
    assert.throws(() => check(trust(signers), undefined), SignatureMissing);
    assert.equal(check(trust(signers, { require: false }), undefined), undefined);
    assert.throws(() => check(trust(signers, { require: false }), keys.sign(key, 'x')), SignatureMismatch);
  });

  it('that is garbage, cut off or too long is refused in words', () => {
    const key = keys.make('garbled');
    const signature = keys.sign(key, statement);
    const rules = trust(keys.signers(`author ${keys.publicKey(key)}`));
    const body = signature.split('\n').slice(1, -2).join('');
    for (const text of ['', 'x', signature.slice(0, 80), 'x'.repeat(100_000), signature + signature])
      assert.throws(() => check(rules, text), SignatureInvalid);
    const bytes = Buffer.from(body, 'base64');
    for (let length = 0; length < bytes.length; length += 1)
      assert.throws(() => check(rules, armour(bytes.subarray(0, length))), SignatureInvalid, `${length}`);
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      assert.throws(
        () => check(rules, armour(flipped)),
        ({ name }: Error) => /^(Signature|Signer)/.test(name),
        `byte ${at}`,
      );
    }
  });
});

describe('a file of allowed signers', () => {
  it('that cannot be understood is refused with its line, and takes nobody for trusted', () => {
    const keys = new Keys();
    try {
      const key = keys.publicKey(keys.make('line'));
      const signature = keys.sign(keys.path('line'), statement);
      const check = (text: string) =>
        checkFormulaSignature({ signers: keys.signers(text), require: true }, formula, signature, NOW);
      for (const [text, said] of [
        [key, /:1: it begins with no name/],
        ['author', /:1: it begins with no name/],
        [`author sudo ${key}`, /"sudo" is no option/],
        [`author namespaces ${key}`, /namespaces needs a value/],
        [`author valid-before="soon" ${key}`, /"soon" is no time/],
        [`author ${key.replace('ed25519', 'rsa')}`, /is not of the kind ssh-rsa/],
        [`# a remark\n\nauthor nothing at all`, /:3: /],
      ] as const)
        assert.throws(
          () => check(text),
          (error) => error instanceof SignersInvalid && said.test(error.message),
          text,
        );
      for (const text of [
        `"author, other" ${key} a remark`,
        `a@b,c ${key}`,
        `author CERT-AUTHORITY ${key}\nauthor Namespaces="ensemble-formula" ${key}`,
      ])
        assert.ok(check(text), text);
      assert.throws(
        () => checkFormulaSignature({ signers: keys.path('none'), require: true }, formula, signature, NOW),
        /it does not exist/,
      );
    } finally {
      keys.close();
    }
  });
});

function armour(bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,70}/g) ?? [''];
  return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
}

/** The same signature, with some of its bytes replaced by as many others. */
function armoured(signature: string, from: string, to: string): string {
  const bytes = Buffer.from(signature.split('\n').slice(1, -2).join(''), 'base64').toString('latin1');
  return armour(Buffer.from(bytes.replace(from, to), 'latin1'));
}
