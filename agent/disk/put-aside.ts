import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeOfUnit } from '../../state/model/paths.js';
import { sync } from '../../state/storage/durable.js';
import type { DataDirectory } from './data-directory.js';

/**
 * The name of a unit's directory under `removed/`, e.g. `mysql-0-2026-01-01T100000000Z-3f9a01c2d4e5`.
 * @param incarnation empty where it is not known
 * @param at milliseconds since the epoch
 */
export function asideName(unit: string, incarnation: string, at: number): string {
  const time = new Date(at).toISOString().replace(/[:.]/g, '');
  return [nodeOfUnit(unit), time, ...(incarnation === '' ? [] : [incarnation])].join('-');
}

/**
 * Moves a unit's directory under `removed/`, where nothing takes it for a unit's. May be done again after an
 * interruption: what is moved already is not there.
 * @param root of the unit's directory
 * @returns where it is
 */
export async function putAsideDirectory(
  directory: DataDirectory,
  root: string,
  name: string,
): Promise<string> {
  const removed = join(directory.root, 'removed');
  const aside = join(removed, name);
  await mkdir(removed, { recursive: true, mode: 0o700 });
  await rename(root, aside).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await sync(removed);
  return aside;
}
