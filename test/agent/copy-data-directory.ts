import { cp, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import { eventually } from '../eventually.js';

/**
 * Copies the data directory of an agent that may be at work, as a snapshot of a disk would: without its sockets. What
 * comes and goes meanwhile makes it begin anew.
 * @param without names that are left out, too
 */
export function copyDataDirectory(from: string, to: string, without: readonly string[] = []): Promise<void> {
  return eventually(async () => {
    await rm(to, { recursive: true, force: true });
    await cp(from, to, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (file) => !file.endsWith('.sock') && !without.includes(basename(file)),
    });
  });
}
