import { createHash, verify } from 'node:crypto';
import { type PublicKey, readPublicKey } from './public-key.js';
import { LARGEST_SIGNATURE } from './statement.js';
import { fixedLength, WireFault, WireReader, wireString } from './wire.js';

/** A signature as `ssh-keygen -Y sign` makes it (PROTOCOL.sshsig of OpenSSH). */
export interface SshSignature {
  /** The public key that it says it is made with, as ssh writes it. */
  readonly keyBlob: Buffer;
  readonly key: PublicKey;
  readonly namespace: string;
  readonly reserved: Buffer;
  readonly hash: 'sha256' | 'sha512';
  /** The raw signature, of the key's own kind. */
  readonly signature: Buffer;
}

const MAGIC = 'SSHSIG';
/** A FIDO device says by this bit that somebody touched it. */
const TOUCHED = 1;

const ARMOUR =
  /^\s*-----BEGIN SSH SIGNATURE-----\r?\n(?<body>[A-Za-z0-9+/=\r\n]+)-----END SSH SIGNATURE-----\s*$/;

/** Reads a signature; whether it is good, or of whom, is not looked at. @throws WireFault */
export function readSignature(text: string): SshSignature {
  if (text.length > LARGEST_SIGNATURE) throw new WireFault('it is too long');
  const body = ARMOUR.exec(text)?.groups?.body;
  if (body === undefined) throw new WireFault('it is no signature of ssh-keygen');
  const reader = new WireReader(Buffer.from(body.replace(/\s/g, ''), 'base64'));
  if (reader.take(MAGIC.length).toString('latin1') !== MAGIC)
    throw new WireFault('it is no signature of ssh');
  if (reader.number() !== 1) throw new WireFault('it is of a version that is not known');
  const keyBlob = reader.string();
  const namespace = reader.string().toString('utf8');
  const reserved = reader.string();
  const hash = reader.text();
  const signature = reader.string();
  reader.end();
  if (hash !== 'sha256' && hash !== 'sha512')
    throw new WireFault(`its hash ${JSON.stringify(hash)} is not believed here`);
  return { keyBlob, key: readPublicKey(keyBlob), namespace, reserved, hash, signature };
}

/** Whether it was made over this message, with the key and for the namespace that it names. @throws WireFault */
export function isSignatureOf(
  { key, namespace, reserved, hash, signature }: SshSignature,
  message: Buffer,
): boolean {
  const signed = Buffer.concat([
    Buffer.from(MAGIC),
    wireString(namespace),
    wireString(reserved),
    wireString(hash),
    wireString(createHash(hash).update(message).digest()),
  ]);
  const reader = new WireReader(signature);
  const type = reader.text();
  const value = reader.string();
  switch (key.kind) {
    case 'ed25519': {
      requireType(type, key.application === undefined ? 'ssh-ed25519' : 'sk-ssh-ed25519@openssh.com');
      const data = signedBy(key.application, signed, reader);
      return verify(null, data, key.key, value);
    }
    case 'ecdsa': {
      const own = `ecdsa-sha2-${key.curve}`;
      requireType(type, key.application === undefined ? own : `sk-${own}@openssh.com`);
      const data = signedBy(key.application, signed, reader);
      const pair = new WireReader(value);
      const numbers = [pair.string(), pair.string()].map((each) => fixedLength(each, key.bytes));
      pair.end();
      return verify(key.hash, data, { key: key.key, dsaEncoding: 'ieee-p1363' }, Buffer.concat(numbers));
    }
    case 'rsa': {
      // The plain `ssh-rsa` is SHA-1.
      if (type !== 'rsa-sha2-256' && type !== 'rsa-sha2-512')
        throw new WireFault(`signatures of the kind ${JSON.stringify(type)} are not believed here`);
      reader.end();
      return verify(type.replace('rsa-sha2-', 'sha'), signed, key.key, fixedLength(value, key.bytes));
    }
  }
}

function requireType(type: string, expected: string): void {
  if (type !== expected)
    throw new WireFault(`its signature of the kind ${JSON.stringify(type)} is not of its key's`);
}

/** What the key signed: a FIDO device adds for whom, whether it was touched, and how often it has signed. */
function signedBy(application: Buffer | undefined, signed: Buffer, reader: WireReader): Buffer {
  if (application === undefined) {
    reader.end();
    return signed;
  }
  const told = reader.take(5);
  reader.end();
  if (((told[0] ?? 0) & TOUCHED) === 0) throw new WireFault('nobody touched the device that made it');
  const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
  return Buffer.concat([sha256(application), told, sha256(signed)]);
}
