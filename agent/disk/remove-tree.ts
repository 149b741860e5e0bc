import { lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';

/** Entries that are removed in one turn of the event loop. */
const AT_ONCE = 100;

/**
 * Removes a file, or a directory and what is in it, where there is one. Node's own removal asks another thread three times per
 * file, which takes most of its time; this one asks the kernel once, some files at a time.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) await removeBelow(path);
    else if (found !== undefined) unlinkSync(path);
  } catch {
    // Something else was at work here: the thorough way.
    await rm(path, { recursive: true, force: true });
  }
}

async function removeBelow(directory: string): Promise<void> {
  let count = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await removeBelow(path);
    else unlinkSync(path);
    count += 1;
    if (count % AT_ONCE === 0) await turn();
  }
  rmdirSync(directory);
}
