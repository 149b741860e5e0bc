import { closeSync, constants, fchmodSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mapBounded } from '../../state/formula/concurrency.js';
import type { ManifestEntry } from '../../state/formula/manifest.js';
import type { Unpacked } from './bundle-cache.js';

/** Files of one formula that are copied at the same time. */
const WIDTH = 4;

/** The bits that the process's umask takes off a mode. */
const masked = process.umask();

/**
 * Puts a formula at `destination`, where nothing must be: the extracted one itself where nobody else wants it, else a
 * copy; where the file system can share blocks it does. No link: what a hook writes into its formula's files is its
 * unit's alone.
 * @returns everything that is there now, files before the directories they are in, to be flushed
 */
export async function copyFormula(unpacked: Unpacked, destination: string): Promise<readonly string[]> {
  const { manifest } = unpacked;
  if (!unpacked.take(destination)) await copy(unpacked, destination);
  const there = (wanted: ManifestEntry['kind']): string[] =>
    manifest.flatMap(({ kind, path }) => (kind === wanted ? [`${destination}/${path}`] : []));
  return [...there('file'), ...there('directory').reverse(), destination];
}

async function copy({ directory, manifest, contents }: Unpacked, destination: string): Promise<void> {
  mkdirSync(destination, { mode: 0o755 });
  // The manifest's order has every directory before what is in it.
  for (const { kind, path } of manifest)
    if (kind === 'directory') mkdirSync(`${destination}/${path}`, { mode: 0o755 });
  await mapBounded(manifest, contents === undefined ? WIDTH : 1, async (entry) => {
    // The manifest's paths are normalized already, and `join` takes longer than the rest of this line.
    const path = `${destination}/${entry.path}`;
    if (entry.kind === 'link') symlinkSync(entry.target, path);
    if (entry.kind !== 'file') return;
    const content = contents?.get(entry.path);
    if (content === undefined)
      await copyFile(join(directory, entry.path), path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    else writeSmall(path, content, entry.executable ? 0o755 : 0o644);
  });
}

/** At once: to hand a small file to another thread and back takes longer than to write it. */
function writeSmall(path: string, content: Buffer, mode: number): void {
  const file = openSync(path, 'wx', mode);
  try {
    writeFileSync(file, content);
    // Hooks must be executable whatever the umask is.
    if ((mode & masked) !== 0) fchmodSync(file, mode);
  } finally {
    closeSync(file);
  }
}
