import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sync } from '../../state/storage/durable.js';

/**
 * Replaces a file's content by `text`, atomically and flushed: a reader finds the old text or the new one, also after a
 * power loss. Where several write at once, one of them is last. Mode 0600.
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
