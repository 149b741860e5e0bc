import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileDigest } from '../storage/digest.js';
import { inspectCandidate } from './candidate.js';
import { NotAFormula } from './errors.js';
import { publishable } from './publishable.js';
import { BundleRepacked } from './trust/errors.js';
import { fingerprint } from './trust/public-key.js';
import { type Signing, signMessage } from './trust/sign.js';
import { readSignature } from './trust/ssh-signature.js';
import { formulaStatement, type SignedFormula, SIGNATURE_FILE_NAME } from './trust/statement.js';

/** A formula that is to be signed. */
interface Signable extends SignedFormula {
  /** Where its signature belongs: in its folder, or beside its bundle. */
  readonly file: string;
}

/**
 * Checks the whole of a formula, as it is checked when it is published, and gives what is to be signed.
 * @param path of its folder or bundle
 * @param workDirectory for intermediate files; the caller's to remove
 * @throws NotAFormula, BundleRepacked; as `publishable`
 */
export async function signable(path: string, workDirectory: string): Promise<Signable> {
  const real = resolve(path);
  const stats = statSync(real, { throwIfNoEntry: false });
  if (stats === undefined) throw new NotAFormula({ path: real, reason: 'it does not exist' });
  const kind = stats.isDirectory() ? 'directory' : 'bundle';
  // The repository is no part of what is signed.
  const candidate = await inspectCandidate(real, kind, 'repository');
  if ('error' in candidate) throw candidate.error;
  const { sha256 } = (await publishable(candidate, workDirectory)).digest;
  if (kind === 'bundle' && (await fileDigest(real)).sha256 !== sha256)
    throw new BundleRepacked({ bundle: real });
  const { name, revision } = candidate.id;
  const file = kind === 'directory' ? join(real, SIGNATURE_FILE_NAME) : `${real}.sig`;
  return { name, revision, sha256, file };
}

/** Signs it, and puts the signature where it belongs. @returns whose key it was; @throws as `signMessage` */
export async function signFormula(formula: Signable, signing: Signing): Promise<string> {
  const what = `${formula.name}-${formula.revision}`;
  const signature = await signMessage(what, formulaStatement(formula), signing);
  const unfinished = `${formula.file}.${randomUUID()}`;
  try {
    await writeFile(unfinished, signature, { flag: 'wx', mode: 0o644 });
    await rename(unfinished, formula.file);
  } finally {
    await rm(unfinished, { force: true });
  }
  return fingerprint(readSignature(signature).keyBlob);
}
