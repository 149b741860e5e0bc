import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';

/** Files that are asked for before hooks and requests get their turn. */
const MOST_AT_ONCE = 200;

/**
 * The bytes of all files below a directory. What vanishes while it is measured counts for nothing. One directory after the
 * other: the files of all units asked for together held more memory than all else that the agent remembers.
 */
export async function bytesUnder(directory: string): Promise<number> {
  const waiting = [directory];
  let bytes = 0;
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const entries = await readdir(at, { withFileTypes: true }).catch(() => []);
    for (const [index, entry] of entries.entries()) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) waiting.push(path);
      else if (entry.isFile()) bytes += sizeOf(path);
      if (index % MOST_AT_ONCE === MOST_AT_ONCE - 1) await turn();
    }
  }
  return bytes;
}

/** At once: handing each file to another thread takes several times longer. */
function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0;
  }
}
