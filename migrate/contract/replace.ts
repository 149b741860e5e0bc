import { closeSync, fsyncSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { betweenFaults } from '../../state/platform/fault-points.js';

/**
 * Replaces a file, atomically and flushed, mode 0600. The file aside has a name that is known, since only who has the
 * directory's lock writes it: what an interrupted run left of it is written over, and nothing is left behind.
 * @throws errors of the file system
 */
export async function replace(path: string, text: string): Promise<void> {
  const aside = join(dirname(path), `.${basename(path)}.next`);
  const file = openSync(aside, 'w', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  await betweenFaults('migrate.rename', async () => renameSync(aside, path));
  flush(dirname(path));
}

/** Makes what was created, renamed or removed in a directory, or a file's mode, survive a power cut. */
export function flush(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
