import { lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';

/** Entries that are removed in one turn of the event loop. */
const AT_ONCE = 100;

/**
 * Removes a file, or a directory and what is in it, where there is one. Node's own removal asks another thread three times per
 * file, which takes most of its time; this one asks the kernel once, some files at a time. A link is removed, and not what
 * it leads to. A mount point stays, without what was in it.
 * @param goesOn asked between files, also whether to begin; false leaves the rest
 * @returns whether all of it is gone
 */
export async function removeTree(path: string, goesOn: () => boolean = () => true): Promise<boolean> {
  if (!goesOn()) return false;
  try {
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (found?.isDirectory()) return await removeBelow(path, goesOn);
    if (found !== undefined) unlinkSync(path);
  } catch {
    // Something else was at work here: the thorough way.
    await rm(path, { recursive: true, force: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EBUSY' || readdirSync(path).length > 0) throw error;
    });
  }
  return true;
}

/** @returns false where it was left */
async function removeBelow(directory: string, goesOn: () => boolean): Promise<boolean> {
  let count = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (!entry.isDirectory()) unlinkSync(path);
    else if (!(await removeBelow(path, goesOn))) return false;
    count += 1;
    if (count % AT_ONCE !== 0) continue;
    await turn();
    if (!goesOn()) return false;
  }
  rmdirSync(directory);
  return true;
}
