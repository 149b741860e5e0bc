import { readFileSync } from 'node:fs';
import { type AllowedSigner, isForNamespace, parseAllowedSigners, parseRevoked } from './allowed-signers.js';
import {
  SignatureInvalid,
  SignatureMismatch,
  SignatureMissing,
  SignatureNamespace,
  SignerRevoked,
  SignersInvalid,
  SignerUnknown,
} from './errors.js';
import { fingerprint } from './public-key.js';
import { isRevocationList, isRevokedBy } from './revocation-list.js';
import { isSignatureOf, readSignature, type SshSignature } from './ssh-signature.js';
import { formulaStatement, type SignedFormula, SIGNATURE_NAMESPACE } from './statement.js';
import { WireFault } from './wire.js';

/** Whom an environment trusts; every path is absolute. */
export interface TrustRules {
  /** A file of allowed signers, as of ssh-keygen(1). */
  readonly signers: string;
  /** A list of public keys that are not believed any more, as text or as a KRL of ssh. */
  readonly revoked?: string | undefined;
  /** Whether what nobody signed is refused. What is signed must be signed by somebody known in any case. */
  readonly require: boolean;
}

/** Something that may be signed. */
interface Signed {
  /** For messages: `pulse-1`, `the index of https://…`. */
  readonly what: string;
  readonly message: Buffer;
  /** As `ssh-keygen` writes it; undefined where there is none. */
  readonly signature: string | undefined;
  /** The next step if it is not signed. */
  readonly next: string;
}

/** Who signed something. */
interface Signer {
  readonly principals: string;
  readonly fingerprint: string;
}

/**
 * Checks who signed it. The files of the trust are read anew each time, so that what is changed in them holds at once.
 * @param now milliseconds since the epoch
 * @returns undefined where nobody did, and nobody has to
 * @throws SignatureMissing, SignatureInvalid, SignatureNamespace, SignerUnknown, SignerRevoked, SignatureMismatch,
 *   SignersInvalid
 */
export function checkSignature(rules: TrustRules, signed: Signed, now: number): Signer | undefined {
  const { what, message } = signed;
  const found = checkSigner(rules, signed, now);
  if (found === undefined) return undefined;
  const { signature, signer } = found;
  if (!believing(what, () => isSignatureOf(signature, message)))
    throw new SignatureMismatch({ what, signer: signer.principals });
  return signer;
}

/** The same for a formula. @throws as `checkSignature` */
export function checkFormulaSignature(
  rules: TrustRules,
  formula: SignedFormula,
  signature: string | undefined,
  now: number,
): Signer | undefined {
  return checkSignature(
    rules,
    { ...signedFormula(formula, signature), message: formulaStatement(formula) },
    now,
  );
}

/** The same as far as that can be told before its content is here. @throws as `checkSigner` */
export function checkFormulaSigner(
  rules: TrustRules,
  formula: Omit<SignedFormula, 'sha256'>,
  signature: string | undefined,
  now: number,
): void {
  checkSigner(rules, signedFormula(formula, signature), now);
}

function signedFormula(
  { name, revision }: Omit<SignedFormula, 'sha256'>,
  signature: string | undefined,
): Omit<Signed, 'message'> {
  const next = 'have its author sign it: ensemble sign --key KEY FOLDER';
  return { what: `${name}-${revision}`, signature, next };
}

/**
 * Checks whose signature it says it is, as far as that can be told without what was signed.
 * @throws as `checkSignature`, but for SignatureMismatch
 */
function checkSigner(
  { signers: file, revoked, require }: TrustRules,
  { what, signature: text, next }: Omit<Signed, 'message'>,
  now: number,
): { readonly signature: SshSignature; readonly signer: Signer } | undefined {
  if (text === undefined) {
    if (require) throw new SignatureMissing({ what, next });
    return undefined;
  }
  const signature = believing(what, () => readSignature(text));
  const { namespace, keyBlob } = signature;
  if (namespace !== SIGNATURE_NAMESPACE)
    throw new SignatureNamespace({ what, namespace, expected: SIGNATURE_NAMESPACE });
  const key = keyBlob.toString('base64');
  const mark = fingerprint(keyBlob);
  if (revoked !== undefined && isRevoked(revoked, keyBlob))
    throw new SignerRevoked({ what, fingerprint: mark, revoked });
  const own = parseAllowedSigners(readText(file), file).filter((each) => sameKey(each.key, key));
  const [first, ...others] = own.map((each) => ({ ...each, fault: faultOf(each, now) }));
  if (first === undefined)
    throw new SignerUnknown({ what, fingerprint: mark, signers: file, why: `is none of ${file}` });
  const good = [first, ...others].find(({ fault }) => fault === undefined);
  if (good === undefined)
    throw new SignerUnknown({ what, fingerprint: mark, signers: file, why: `${first.fault} by ${file}` });
  return { signature, signer: { principals: good.principals, fingerprint: mark } };
}

function faultOf(signer: AllowedSigner, now: number): string | undefined {
  const { validAfter, validBefore, namespaces = [] } = signer;
  if (!isForNamespace(signer, SIGNATURE_NAMESPACE)) return `is only for ${namespaces.join(',')}`;
  if (validAfter !== undefined && now < validAfter)
    return `is valid only from ${new Date(validAfter).toISOString()}`;
  if (validBefore !== undefined && now > validBefore)
    return `was valid only until ${new Date(validBefore).toISOString()}`;
  return undefined;
}

/** @param file a list of public keys, one on each line, or one that `ssh-keygen -k` made */
function isRevoked(file: string, keyBlob: Buffer): boolean {
  const bytes = readBytes(file);
  const key = keyBlob.toString('base64');
  if (!isRevocationList(bytes))
    return parseRevoked(bytes.toString('utf8'), file).some((each) => sameKey(each, key));
  try {
    return isRevokedBy(bytes, keyBlob);
  } catch (error) {
    if (!(error instanceof WireFault)) throw error;
    throw new SignersInvalid({ file, reason: error.message }, { cause: error });
  }
}

function sameKey(a: string, b: string): boolean {
  return a.replace(/=+$/, '') === b.replace(/=+$/, '');
}

function believing<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WireFault)) throw error;
    throw new SignatureInvalid({ what, reason: error.message }, { cause: error });
  }
}

function readText(file: string): string {
  return readBytes(file).toString('utf8');
}

function readBytes(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'it does not exist' : `it cannot be read (${code})`;
    throw new SignersInvalid({ file, reason }, { cause: error });
  }
}
