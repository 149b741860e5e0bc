import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { fixedLength, WireFault, WireReader } from './wire.js';

/** The least bits of an RSA key. */
const LEAST_RSA_BITS = 2048;

const curves = {
  nistp256: { crv: 'P-256', bytes: 32, hash: 'sha256' },
  nistp384: { crv: 'P-384', bytes: 48, hash: 'sha384' },
  nistp521: { crv: 'P-521', bytes: 66, hash: 'sha512' },
} as const;

/** A public key of ssh. */
export type PublicKey =
  /** `application`: of a key in a FIDO device, which signs more than what it is given. */
  | { readonly kind: 'ed25519'; readonly key: KeyObject; readonly application?: Buffer }
  | {
      readonly kind: 'ecdsa';
      readonly key: KeyObject;
      readonly curve: keyof typeof curves;
      readonly hash: string;
      readonly bytes: number;
      readonly application?: Buffer;
    }
  | { readonly kind: 'rsa'; readonly key: KeyObject; readonly bytes: number };

/**
 * Reads a public key as ssh writes it.
 * @throws WireFault, also for a kind that is not believed here, such as DSA or a short RSA key
 */
export function readPublicKey(blob: Buffer): PublicKey {
  const reader = new WireReader(blob);
  const type = reader.text();
  const key = readOf(type, reader);
  reader.end();
  return key;
}

function readOf(type: string, reader: WireReader): PublicKey {
  switch (type) {
    case 'ssh-ed25519':
      return { kind: 'ed25519', key: ed25519(reader.string()) };
    case 'sk-ssh-ed25519@openssh.com':
      return { kind: 'ed25519', key: ed25519(reader.string()), application: reader.string() };
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521':
      return ecdsa(type.slice('ecdsa-sha2-'.length), reader);
    case 'sk-ecdsa-sha2-nistp256@openssh.com':
      return { ...ecdsa('nistp256', reader), application: reader.string() };
    case 'ssh-rsa':
      return rsa(reader);
    default:
      if (/-cert-v\d+@openssh\.com$/.test(type))
        throw new WireFault(
          'it is made with a certificate of ssh, which is not believed: sign with the key itself',
        );
      throw new WireFault(`keys of the kind ${JSON.stringify(type)} are not believed here`);
  }
}

function ed25519(x: Buffer): KeyObject {
  return keyOf({ kty: 'OKP', crv: 'Ed25519', x: x.toString('base64url') });
}

function ecdsa(expected: string, reader: WireReader): Extract<PublicKey, { kind: 'ecdsa' }> {
  const name = reader.text();
  const point = reader.string();
  const curve = (Object.keys(curves) as (keyof typeof curves)[]).find((each) => each === name);
  if (curve === undefined || name !== expected) throw new WireFault('its curve is not the one that it names');
  const { crv, bytes, hash } = curves[curve];
  if (point[0] !== 4 || point.length !== 1 + 2 * bytes) throw new WireFault('its key is no point of a curve');
  const key = keyOf({
    kty: 'EC',
    crv,
    x: point.subarray(1, 1 + bytes).toString('base64url'),
    y: point.subarray(1 + bytes).toString('base64url'),
  });
  return { kind: 'ecdsa', key, curve, hash, bytes };
}

function rsa(reader: WireReader): PublicKey {
  const e = reader.string();
  const n = reader.string();
  const key = keyOf({ kty: 'RSA', e: unsigned(e), n: unsigned(n) });
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < LEAST_RSA_BITS)
    throw new WireFault(`its RSA key has ${bits} bits, and must have ${LEAST_RSA_BITS}`);
  return { kind: 'rsa', key, bytes: Math.ceil(bits / 8) };
}

function unsigned(number: Buffer): string {
  const length = number[0] === 0 ? number.length - 1 : number.length;
  return fixedLength(number, length).toString('base64url');
}

function keyOf(key: Readonly<Record<string, string>>): KeyObject {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch (error) {
    throw new WireFault(`its key cannot be read: ${(error as Error).message}`);
  }
}

/** What ssh shows of a key: `SHA256:…`. */
export function fingerprint(blob: Buffer): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}
