import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleKey } from '../../../state/storage/key.js';
import type { Digest } from '../../../state/storage/storage.js';

/** A file to store, and all that is known about it. */
export interface Content {
  readonly file: string;
  readonly bytes: Buffer;
  readonly key: string;
  readonly digest: Digest;
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Bytes that no two seeds share and no compression shortens. */
export function bytesOf(seed: string, size: number): Buffer {
  return createHash('shake256', { outputLength: size }).update(seed).digest();
}

/** Writes `seed`'s bytes into a file of `directory`. */
export async function makeContent(directory: string, seed: string, size: number): Promise<Content> {
  const bytes = bytesOf(seed, size);
  const digest = { sha256: sha256(bytes), size };
  const file = path.join(directory, `${digest.sha256}.content`);
  await writeFile(file, bytes);
  return { file, bytes, key: bundleKey(digest.sha256), digest };
}
