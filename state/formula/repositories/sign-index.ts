import { readFile } from 'node:fs/promises';
import type { LocalCandidate } from '../candidate.js';
import { SignatureInvalid, SignatureMismatch } from '../trust/errors.js';
import { publicKeyOf } from '../trust/key-file.js';
import { fingerprint } from '../trust/public-key.js';
import { type Signing, signMessage } from '../trust/sign.js';
import { isSignatureOf, readSignature } from '../trust/ssh-signature.js';
import { formulaStatement, LARGEST_SIGNATURE } from '../trust/statement.js';
import { WireFault } from '../trust/wire.js';
import type { IndexEntry } from './index-document.js';

/**
 * The author's own signature of what an entry names, where the formula has one.
 * @throws SignatureMismatch, SignatureInvalid where it is of something else: the formula was changed since
 */
export function ownSignature(
  { id: { name, revision }, signature }: LocalCandidate,
  { sha256 }: Pick<IndexEntry, 'sha256'>,
): string | undefined {
  if (signature === undefined) return undefined;
  const what = `${name}-${revision}`;
  try {
    const read = readSignature(signature);
    if (isSignatureOf(read, formulaStatement({ name, revision, sha256 }))) return signature;
    throw new SignatureMismatch({ what, signer: fingerprint(read.keyBlob) });
  } catch (error) {
    if (!(error instanceof WireFault)) throw error;
    throw new SignatureInvalid({ what, reason: error.message }, { cause: error });
  }
}

/**
 * Signs an entry, unless it has the signature of its author, or one with this very key: a device would want to be touched
 * for each.
 * @param own whether its signature is its author's
 * @throws as `signMessage`
 */
export async function signEntry(
  name: string,
  entry: IndexEntry,
  own: boolean,
  signing: Signing,
): Promise<IndexEntry> {
  const { revision, sha256, signature } = entry;
  const statement = formulaStatement({ name, revision, sha256 });
  if (own || isBy(signing.key, signature, statement)) return entry;
  return { ...entry, signature: await signMessage(`${name}-${revision}`, statement, signing) };
}

/** The signature of an index: the one that stands in a file, where it is good and by this key, or else a new one. */
export async function signIndexText(text: string, file: string, signing: Signing): Promise<string> {
  const standing = await readFile(file, 'latin1').catch(() => undefined);
  const message = Buffer.from(text);
  if (standing !== undefined && isBy(signing.key, standing, message)) return standing;
  return signMessage('the index', message, signing);
}

function isBy(key: string, signature: string | undefined, message: Buffer): boolean {
  if (signature === undefined || signature.length > LARGEST_SIGNATURE) return false;
  try {
    const read = readSignature(signature);
    return publicKeyOf(key)?.equals(read.keyBlob) === true && isSignatureOf(read, message);
  } catch (error) {
    if (error instanceof WireFault) return false;
    throw error;
  }
}
