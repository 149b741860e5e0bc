import { lstat, readdir, readlink, realpath } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';

/** Where a directory is put that cannot leave its file system: beside the units, or in the directory itself. */
export const ASIDE = '.removed';

/**
 * Where a link leads to in the end, absolute; where that is not there, what the link says.
 * @returns undefined of what is no link, or is not there
 */
export async function targetOf(path: string): Promise<string | undefined> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSymbolicLink() !== true) return undefined;
  return realpath(path).catch(async () => resolve(dirname(path), await readlink(path)));
}

/**
 * Nothing is removed by way of a link that leads to more than one unit's directory, or to what is not there for now.
 * @param root of the data directory
 * @param units the directory of all units
 * @param own the unit's own link, where it still has its place
 * @throws an error that says so
 */
export async function requireOwn(target: string, root: string, units: string, own?: string): Promise<void> {
  if (target.includes(`${sep}${ASIDE}${sep}`)) return;
  const isWithin = (path: string): boolean =>
    path === target || path.startsWith(target + sep) || target === sep;
  if ((await lstat(target).catch(() => undefined)) === undefined)
    throw new Error(`its directory is a link to ${target}, which is not there; its disk may not be mounted`);
  const others = (await readdir(units).catch((): string[] => [])).map((name) => join(units, name));
  const places = await Promise.all(
    [root, ...others.filter((path) => path !== own)].map((path) => realpath(path).catch(() => path)),
  );
  const other = places.find(isWithin);
  if (other !== undefined)
    throw new Error(`its directory is a link to ${target}, where ${other} is too; remove it by hand`);
}
