/** What a signature is for: the key that makes it may sign other things too, which mean nothing here. */
export const SIGNATURE_NAMESPACE = 'ensemble-formula';

/** The name of the signature in a formula's folder; no bundle has it in it. Beside a bundle it is `NAME.tar.gz.sig`. */
export const SIGNATURE_FILE_NAME = 'formula.sig';

/** Bytes; a signature of RSA with 16384 bits has a quarter of that. */
export const LARGEST_SIGNATURE = 16_384;

/** A formula's revision, and the content that it stands for. */
export interface SignedFormula {
  readonly name: string;
  readonly revision: number;
  /** The sha256 of the bundle that `ensemble` makes of it. */
  readonly sha256: string;
}

/**
 * The bytes that are signed for a formula: three lines. The repository is no part of it, as its name is the operator's.
 */
export function formulaStatement({ name, revision, sha256 }: SignedFormula): Buffer {
  return Buffer.from(`ensemble-formula 1\n${name}-${revision}\nsha256:${sha256}\n`);
}
