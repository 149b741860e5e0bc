import { defineError } from '../../platform/errors.js';

/** Nothing says who made it, and the environment takes only what somebody signed. */
export class SignatureMissing extends defineError<{ what: string; next: string }>(
  'signature-missing',
  ({ what }) => `${what} is not signed, and this environment requires it`,
  ({ next }) => next,
) {}

/** A signature that cannot be understood, or is made in a way that is not believed. */
export class SignatureInvalid extends defineError<{ what: string; reason: string }>(
  'signature-invalid',
  ({ what, reason }) => `the signature of ${what} is not believed: ${reason}`,
  'have its author sign it again, with a key of the kind ed25519: ensemble sign --key KEY',
) {}

/** A signature for something else: the same key may sign mails and commits. */
export class SignatureNamespace extends defineError<{ what: string; namespace: string; expected: string }>(
  'signature-namespace',
  ({ what, namespace, expected }) =>
    `the signature of ${what} is for ${JSON.stringify(namespace)}, and not for ${JSON.stringify(expected)}`,
  'have its author sign it with: ensemble sign --key KEY',
) {}

/** Signed by a key that the environment does not trust, or not for this, or not now. */
export class SignerUnknown extends defineError<{
  what: string;
  fingerprint: string;
  signers: string;
  why: string;
}>(
  'signer-unknown',
  ({ what, fingerprint, why }) => `${what} is signed with the key ${fingerprint}, which ${why}`,
  ({ signers }) => `if you know whose key that is and trust it, add it to ${signers}`,
) {}

/** Signed with a key that was taken back. */
export class SignerRevoked extends defineError<{ what: string; fingerprint: string; revoked: string }>(
  'signer-revoked',
  ({ what, fingerprint, revoked }) =>
    `${what} is signed with the key ${fingerprint}, which is revoked in ${revoked}`,
  'have its author sign it again, with another key: ensemble sign --key KEY',
) {}

/** A good signature by a known key, but of another content: somebody changed or swapped it. */
export class SignatureMismatch extends defineError<{ what: string; signer: string }>(
  'signature-mismatch',
  ({ what, signer }) =>
    `${what} is not what its signature, with a key of ${signer}, was made for: it is another content, or another revision`,
  'do not use it before its author has said why; if it is right, have it signed again: ensemble sign --key KEY',
) {}

/** The environment's file of allowed signers, or of revoked keys, cannot be used. */
export class SignersInvalid extends defineError<{ file: string; line?: number; reason: string }>(
  'signers-invalid',
  ({ file, line, reason }) => `${file}${line === undefined ? '' : `:${line}`}: ${reason}`,
  ({ file }) => `mend ${file}, which \`trust\` in environments.yaml names`,
) {}

/** The author's own key did not sign. */
export class SigningFailed extends defineError<{ key: string; reason: string; next?: string }>(
  'signing-failed',
  ({ key, reason }) => `the key ${key} does not sign: ${reason}`,
  ({
    next = 'name the file of an ssh key with --key; load one with a passphrase into ssh-agent before: ssh-add',
  }) => next,
) {}

/** A bundle that another tool packed: what is published of it would have another digest than what was signed. */
export class BundleRepacked extends defineError<{ bundle: string }>(
  'bundle-repacked',
  ({ bundle }) =>
    `${bundle} was not packed by ensemble, so that its signature would not be of what is published`,
  'unpack it and sign the folder: ensemble sign --key KEY FOLDER; or sign all bundles as they are indexed: ensemble index --sign KEY DIRECTORY',
) {}

/** A signed index whose time is over: somebody may keep a newer one back. */
export class IndexExpired extends defineError<{ repository: string; expires: string }>(
  'index-expired',
  ({ repository, expires }) => `the index of ${repository} was to be believed until ${expires}`,
  'have its author make it again: ensemble index --sign KEY --expires 30d DIRECTORY',
) {}

/** An index is older than one that was seen there before. */
export class IndexRolledBack extends defineError<{
  repository: string;
  serial: number;
  seen: number;
  at: string;
}>(
  'index-rolled-back',
  ({ repository, serial, seen, at }) =>
    `the index of ${repository} has the serial ${serial}, and had ${seen} at ${at}: an old one is in its place`,
  ({ seen }) =>
    `the same command again when the newest is there; if that is lost, have its author make one: ensemble index --sign KEY --serial ${seen + 1} DIRECTORY`,
) {}
