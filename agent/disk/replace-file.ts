import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sync } from '../../state/storage/durable.js';

/**
 * Puts `text` in the place of a file's content, atomically and for good (DESIGN §3.6): whoever reads it finds the old
 * text or the new one, also after a power loss; of several at once one is last. Mode 0600.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await writeFile(aside, text, { mode: 0o600, flush: true });
    await rename(aside, path);
  } finally {
    await rm(aside, { force: true });
  }
  await sync(dirname(path));
}
