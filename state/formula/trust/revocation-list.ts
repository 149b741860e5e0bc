import { createHash } from 'node:crypto';
import { WireFault, WireReader } from './wire.js';

/** How a list of revoked keys of ssh begins that `ssh-keygen -k` wrote (PROTOCOL.krl of OpenSSH). */
const MAGIC = Buffer.from('SSHKRL\n\0', 'latin1');
const VERSION = 1;

/** The kinds of sections. Keys are named by themselves or by a digest. */
const CERTIFICATES = 1;
const KEYS = 2;
const SIGNATURE = 4;
const DIGESTS: ReadonlyMap<number, string> = new Map([
  [3, 'sha1'],
  [5, 'sha256'],
]);

/** True if a file is such a list, and not one of public keys, one on each line. */
export function isRevocationList(bytes: Buffer): boolean {
  return bytes.subarray(0, MAGIC.length).equals(MAGIC);
}

/**
 * True if the list has the key, by itself or by its digest. What it says of certificates is passed over, as nothing signed
 * with one is believed here; ssh does not look at its own signature either, where it is a file of the user's.
 * @param bytes that begin as `isRevocationList` says
 * @param key as ssh writes it
 * @throws WireFault where it cannot be read to its end: it might name the key there
 */
export function isRevokedBy(bytes: Buffer, key: Buffer): boolean {
  const reader = new WireReader(bytes.subarray(MAGIC.length));
  const version = reader.number();
  if (version !== VERSION) throw new WireFault(`it is a list of version ${version}, which is not known`);
  // Its number, when it was made, and flags.
  reader.take(3 * 8);
  // A reserved one, and a remark.
  reader.string();
  reader.string();
  let isRevoked = false;
  while (!reader.isAtEnd) {
    const [kind = 0] = reader.take(1);
    const section = new WireReader(reader.string());
    // The key that signed the list, and the signature.
    if (kind === SIGNATURE) reader.string();
    if (kind === CERTIFICATES || kind === SIGNATURE) continue;
    const digest = DIGESTS.get(kind);
    if (kind !== KEYS && digest === undefined)
      throw new WireFault(`it has a section of kind ${kind}, which is not known`);
    const own = digest === undefined ? key : createHash(digest).update(key).digest();
    while (!section.isAtEnd) isRevoked = section.string().equals(own) || isRevoked;
  }
  return isRevoked;
}
