import { closeSync, constants, fsyncSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The layout of directories that this release reads and writes, by its number. A release that lays them out otherwise
 * raises it, and adds a step to `migrate/`, the only place that knows an older one.
 */
export const DISK_LAYOUT = 2;

/** The file by which a directory says that it has this layout. */
export function markerOf(layout: number): string {
  return `layout.v${layout}`;
}

/** The number of the layout whose marker a file is; undefined of any other file. */
export function layoutOfMarker(name: string): number | undefined {
  const match = /^layout\.v(\d{1,9})$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

/**
 * True if a directory has this release's layout. One `stat`, and nothing else.
 * @throws errors of the file system, but for a path that cannot be there
 */
export function isLaidOut(directory: string): boolean {
  try {
    return statSync(join(directory, markerOf(DISK_LAYOUT)), { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // The caller that makes the directory, or reads it, names it better.
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return false;
    throw error;
  }
}

/**
 * Marks a directory that is new, or of which everything is in place by now, as one of this release's layout. Flushed, and fine
 * to do twice.
 * @throws errors of the file system
 */
export function markNew(directory: string): void {
  const { O_CREAT, O_WRONLY } = constants;
  const file = openSync(join(directory, markerOf(DISK_LAYOUT)), O_CREAT | O_WRONLY, 0o600);
  try {
    writeSync(file, '{}\n', 0);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  const parent = openSync(directory, 'r');
  try {
    fsyncSync(parent);
  } finally {
    closeSync(parent);
  }
}
