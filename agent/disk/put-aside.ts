import { lstat, mkdir, readdir, rename, rm, rmdir, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { nodeOfUnit } from '../../state/model/paths.js';
import { sync } from '../../state/storage/durable.js';
import { ASIDE, targetOf } from './linked-directory.js';

/**
 * The name of a unit's directory under `removed/`, e.g. `mysql-0-2026-01-01T100000000Z-3f9a01c2d4e5`.
 * @param incarnation empty where it is not known
 * @param at milliseconds since the epoch
 */
export function asideName(unit: string, incarnation: string, at: number): string {
  const time = new Date(at).toISOString().replace(/[:.]/g, '');
  return [nodeOfUnit(unit), time, ...(incarnation === '' ? [] : [incarnation])].join('-');
}

/** The unit and its incarnation, which is empty where it is not known, of a name that `asideName` gave. */
export function unitOfAside(
  name: string,
): { readonly unit: string; readonly incarnation: string; readonly removedAt: string } | undefined {
  const match = /^(.+)-(\d+)-(\d{4}-\d\d-\d\dT)(\d\d)(\d\d)(\d\d)(\d{3})Z(?:-([0-9a-f]{12}))?$/.exec(name);
  if (match === null) return undefined;
  const [, service, number, day, hours, minutes, seconds, ms, incarnation = ''] = match;
  return {
    unit: `${service}/${number}`,
    incarnation,
    removedAt: `${day}${hours}:${minutes}:${seconds}.${ms}Z`,
  };
}

/**
 * Moves a unit's directory under `removed/`, where nothing takes it for a unit's. Nothing is copied, which would take as
 * much room again: where the directory is on another file system it stays there, under `.removed/` beside it; where it
 * cannot be moved at all, as a mount point, what is in it goes under its own `.removed/`. Then `removed/` has a link.
 *
 * May be done again after an interruption: what is moved already is not there.
 * @param removed the directory `removed/`
 * @param root of the unit's directory
 * @param move moves a file or directory, as `rename` does
 * @returns where it is; undefined where there is none, neither here nor there
 */
export async function moveAside(
  removed: string,
  root: string,
  name: string,
  move: (from: string, to: string) => Promise<void> = rename,
): Promise<string | undefined> {
  const places = placesOf(removed, root, name);
  const [aside] = places;
  await mkdir(removed, { recursive: true, mode: 0o700 });
  const target = await targetOf(root);
  if (target !== undefined) {
    await linkTo(target, aside);
    await sync(removed);
    await rm(root);
  }
  const place = await firstPlace(root, places, move);
  if (place !== aside && (await isThere(place))) await linkTo(place, aside);
  await sync(removed);
  // A unit's directory that was a link stays where that leads to.
  if (place === aside) {
    const linked = await targetOf(aside);
    if (linked !== undefined) return linked;
  }
  return (await isThere(place)) ? place : undefined;
}

async function linkTo(place: string, link: string): Promise<void> {
  await symlink(place, link).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** Where `moveAside` may have put it: under `removed/`, or a link to it there; beside it; in itself. */
export function placesOf(
  removed: string,
  root: string,
  name: string,
): readonly [aside: string, beside: string, within: string] {
  return [join(removed, name), join(dirname(root), ASIDE, name), join(root, ASIDE, name)];
}

/**
 * The name under which putting aside this life's directory had begun within itself; undefined where it had not. Who does it
 * again may give another time, and the data would be in two places.
 * @param root of the unit's directory
 */
export async function nameBegun(
  root: string,
  unit: string,
  incarnation: string,
): Promise<string | undefined> {
  const names = await readdir(join(root, ASIDE)).catch((): string[] => []);
  return names.find((name) => {
    const found = unitOfAside(name);
    return incarnation !== '' && found?.unit === unit && found.incarnation === incarnation;
  });
}

async function firstPlace(
  root: string,
  [aside, beside, within]: readonly [string, string, string],
  move: (from: string, to: string) => Promise<void>,
): Promise<string> {
  // A move that was interrupted goes on in its place.
  if (await isThere(within)) return moveContent(root, within, move);
  if (!(await isThere(root))) return (await isThere(beside)) ? beside : aside;
  if (await moved(root, aside, move)) return aside;
  await mkdir(dirname(beside), { recursive: true, mode: 0o700 });
  if (await moved(root, beside, move)) {
    await sync(dirname(beside));
    return beside;
  }
  await rmdir(dirname(beside)).catch(() => undefined);
  const isBare = (await readdir(root)).every((entry) => entry === ASIDE);
  return isBare ? aside : moveContent(root, within, move);
}

/** @returns false where the system does not move that there */
async function moved(
  from: string,
  to: string,
  move: (from: string, to: string) => Promise<void>,
): Promise<boolean> {
  try {
    await move(from, to);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EXDEV' || code === 'EBUSY') return false;
    throw error;
  }
}

async function moveContent(
  root: string,
  within: string,
  move: (from: string, to: string) => Promise<void>,
): Promise<string> {
  await mkdir(within, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(root))
    if (entry !== ASIDE) await move(join(root, entry), join(within, entry));
  await sync(within);
  return within;
}

/**
 * Takes away what a directory that was put aside elsewhere leaves behind, where that is empty.
 * @param units the directory of all units, which stays
 */
export async function clearPlace(removed: string, units: string, name: string, place: string): Promise<void> {
  if (place === join(removed, name)) return;
  await rm(join(removed, name), { force: true });
  if (basename(dirname(place)) !== ASIDE) return;
  const root = dirname(dirname(place));
  await rmdir(dirname(place)).catch(() => undefined);
  if (root !== units) await rmdir(root).catch(() => undefined);
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
