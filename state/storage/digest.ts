import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { Digest } from './storage.js';

/** The digest of a file's content. Reads in large pieces: each costs a round through Node's thread pool. */
export async function fileDigest(file: string): Promise<Digest> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest('hex'), size };
}
