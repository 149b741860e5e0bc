import { lstat, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sync } from '../../state/storage/durable.js';
import { ASIDE } from './linked-directory.js';

/** Ends the name of a directory that is being removed: what is left of it is no unit's data any more. */
const GOING = '.going';

/** The name that a directory under `removed/` has while it is removed. */
export function goingName(place: string): string {
  return place + GOING;
}

/** The name that an entry of `removed/` had before it was to be removed. */
export function nameBefore(entry: string): string {
  return entry.endsWith(GOING) ? entry.slice(0, -GOING.length) : entry;
}

/**
 * Marks a directory as one that is being removed, by its name: that needs no room, which there is none of where it is to
 * be made. May be done again after an interruption.
 * @param note marks it otherwise, where it cannot be renamed, as a mount point
 */
export async function markGoing(place: string, note: () => Promise<void>): Promise<void> {
  try {
    await rename(place, goingName(place));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Done before; where both are there, both go.
    if (code === 'ENOENT') return;
    return note();
  }
  await sync(dirname(place));
}

/** @throws whatever keeps a directory that is there from being listed */
export async function namesIn(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A directory that cannot be looked at for now counts as there: it is not forgotten for that. */
export function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
  );
}

/**
 * True if a directory that was put aside elsewhere is out of reach, e.g. because its disk is not mounted. It is not
 * if somebody took it: the link to it stands, and the directory that held it is gone too.
 */
export async function isMissing(removed: string, name: string, place: string): Promise<boolean> {
  if (!(await isThere(join(removed, name)))) return false;
  const holder = dirname(place);
  return !(holder.endsWith(ASIDE) && (await isThere(holder)));
}
