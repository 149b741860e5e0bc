import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Puts a pipe that nobody writes in the place of a file, which is kept as `<file>.whole`: whoever opens it hangs. */
export async function hang(file: string): Promise<void> {
  await rename(file, `${file}.whole`);
  await run('mkfifo', [file]);
}

/** The object in a directory storage that holds what `bundle` does. */
export async function objectOf(storage: string, bundle: string): Promise<string> {
  const bytes = await readFile(bundle);
  for (const entry of await readdir(storage, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && bytes.equals(await readFile(file))) return file;
  }
  throw new Error('the bundle is not in the storage');
}

/** The living processes that a process has for its directory storages, by what stands in their command line. */
export function helpersOf(parent: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        const isHelper = /abandoned/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
        return isHelper && Number(ppid) === parent && state !== 'Z';
      } catch {
        // It ended meanwhile.
        return false;
      }
    })
    .map(Number);
}
