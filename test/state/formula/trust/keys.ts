import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wireString } from '../../../../state/formula/trust/wire.js';

/** Keys of ssh in a directory of their own, and what `ssh-keygen` itself does with them. */
export class Keys {
  readonly directory = mkdtempSync(join(tmpdir(), 'ensemble-keys-'));

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** @param options of ssh-keygen, such as `-t rsa -b 2048`; @returns the path of the private key */
  make(name: string, options = '-t ed25519'): string {
    this.#run(['-q', '-N', '', '-C', name, '-f', this.path(name), ...options.split(' ')]);
    return this.path(name);
  }

  /** `TYPE KEY`, as lists of keys have it. */
  publicKey(key: string): string {
    return readFileSync(`${key}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
  }

  sign(
    key: string,
    message: Buffer | string,
    options: readonly string[] = [],
    namespace = 'ensemble-formula',
  ): string {
    return this.#run(['-Y', 'sign', '-q', '-f', key, '-n', namespace, ...options], message);
  }

  /** With a certificate for the key, which needs an ssh-agent. */
  signWithCertificate(key: string, ca: string, message: Buffer): string {
    this.#run(['-q', '-s', ca, '-I', 'somebody', '-n', 'author', '-V', '-1d:+3650d', `${key}.pub`]);
    const file = this.path('certified.txt');
    writeFileSync(file, message);
    const script = `ssh-add -q "$1" && ssh-keygen -q -Y sign -f "$1-cert.pub" -n ensemble-formula "$2"`;
    const ran = spawnSync('ssh-agent', ['sh', '-ec', script, 'sh', key, file]);
    assert.equal(ran.status, 0, ran.stderr.toString());
    return readFileSync(`${file}.sig`, 'utf8');
  }

  /** A KRL, which is not text. @param specification as ssh-keygen(1) has it, or public keys */
  revocationList(name: string, specification: string, ca: string): string {
    const file = this.path(`${name}.krl`);
    writeFileSync(`${file}.in`, `${specification}\n`);
    this.#run(['-q', '-k', '-f', file, '-s', `${ca}.pub`, `${file}.in`]);
    return file;
  }

  /** A file of allowed signers, one for each line. */
  signers(...lines: readonly string[]): string {
    const file = this.path(`signers-${createHash('sha256').update(lines.join()).digest('hex').slice(0, 8)}`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    return file;
  }

  /** Whether `ssh-keygen` itself believes it. */
  verifies(
    signers: string,
    message: Buffer | string,
    signature: string,
    { principal = 'author', namespace = 'ensemble-formula', revoked = '' } = {},
  ): boolean {
    const file = this.path('checked.sig');
    writeFileSync(file, signature);
    const found = spawnSync(
      'ssh-keygen',
      [
        ...['-Y', 'verify', '-f', signers, '-I', principal, '-n', namespace, '-s', file],
        ...(revoked === '' ? [] : ['-r', revoked]),
      ],
      { input: message },
    );
    return found.status === 0;
  }

  #run(words: readonly string[], input: Buffer | string = ''): string {
    const ran = spawnSync('ssh-keygen', words, { input });
    assert.equal(ran.status, 0, `ssh-keygen ${words.join(' ')}: ${ran.stderr}`);
    return ran.stdout.toString();
  }
}

/** A FIDO device made of software: it signs as PROTOCOL.u2f of OpenSSH says. */
export function fidoDevice(kind: 'ed25519' | 'ecdsa'): {
  /** `TYPE KEY`. */
  readonly publicKey: string;
  readonly sign: (message: Buffer | string, touched?: boolean) => string;
} {
  const pair =
    kind === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = pair.publicKey.export({ format: 'jwk' });
  const bytes = (text = ''): Buffer => Buffer.from(text, 'base64url');
  const type = kind === 'ed25519' ? 'sk-ssh-ed25519@openssh.com' : 'sk-ecdsa-sha2-nistp256@openssh.com';
  const blob = Buffer.concat([
    wireString(type),
    ...(kind === 'ed25519'
      ? [wireString(bytes(jwk.x))]
      : [wireString('nistp256'), wireString(Buffer.concat([Buffer.from([4]), bytes(jwk.x), bytes(jwk.y)]))]),
    wireString('ssh:'),
  ]);
  const sha256 = (data: Buffer | string): Buffer => createHash('sha256').update(data).digest();
  return {
    publicKey: `${type} ${blob.toString('base64')}`,
    sign(message, touched = true) {
      const head = [wireString('ensemble-formula'), wireString(''), wireString('sha256')];
      const signed = Buffer.concat([Buffer.from('SSHSIG'), ...head, wireString(sha256(message))]);
      const told = Buffer.from([touched ? 1 : 0, 0, 0, 0, 7]);
      const data = Buffer.concat([sha256('ssh:'), told, sha256(signed)]);
      const value =
        kind === 'ed25519'
          ? sign(null, data, pair.privateKey)
          : pairOf(sign('sha256', data, { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }));
      const signature = Buffer.concat([wireString(type), wireString(value), told]);
      const whole = Buffer.concat([
        Buffer.from('SSHSIG\0\0\0\x01', 'latin1'),
        wireString(blob),
        ...head,
        wireString(signature),
      ]);
      const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
      return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
    },
  };
}

function pairOf(raw: Buffer): Buffer {
  const number = (part: Buffer): Buffer => {
    const start = part.findIndex((byte) => byte !== 0);
    const digits = part.subarray(Math.max(start, 0));
    return wireString((digits[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits);
  };
  return Buffer.concat([number(raw.subarray(0, 32)), number(raw.subarray(32))]);
}
