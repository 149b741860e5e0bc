import { readFileSync } from 'node:fs';
import { WireReader } from './wire.js';

const MAGIC = 'openssh-key-v1\0';

/**
 * The public key of a key's file, as ssh writes it, without asking for a passphrase: the file's own, that of `FILE.pub`,
 * or what ssh writes into the file of a private key in the clear. Undefined where none of them tells it.
 */
export function publicKeyOf(file: string): Buffer | undefined {
  for (const place of [`${file}.pub`, file]) {
    const text = textOf(place);
    const line = /^(?:ssh|ecdsa|sk)-\S+ (?<key>[A-Za-z0-9+/]+={0,2})/.exec(text)?.groups?.key;
    if (line !== undefined) return Buffer.from(line, 'base64');
    const body = /^-----BEGIN OPENSSH PRIVATE KEY-----\r?\n(?<body>[\s\S]+?)-----END/.exec(text)?.groups
      ?.body;
    if (body !== undefined) return within(Buffer.from(body.replace(/\s/g, ''), 'base64'));
  }
  return undefined;
}

function within(bytes: Buffer): Buffer | undefined {
  try {
    const reader = new WireReader(bytes);
    if (reader.take(MAGIC.length).toString('latin1') !== MAGIC) return undefined;
    // The cipher, how its key is derived, and with what.
    for (let skipped = 0; skipped < 3; skipped += 1) reader.string();
    return reader.number() > 0 ? reader.string() : undefined;
  } catch {
    return undefined;
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
