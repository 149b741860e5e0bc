import { createHash } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { lstat, open, readdir, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { mapBounded } from './concurrency.js';
import { isExecutable, isVersionControl, pathFault } from './entry-path.js';
import { FormulaChanging, FormulaEntryRefused, NotAFormula } from './errors.js';
import { findBadLink } from './links.js';
import { type Manifest, type ManifestEntry, sortManifest } from './manifest.js';

/** Files read at the same time: more than one disk wants, fewer than a process may have open. */
const width = 8;

/**
 * Everything that belongs to the formula in `directory`, hashed. Version-control folders are left out. What a bundle
 * cannot carry to every machine unchanged is refused rather than dropped.
 * @throws NotAFormula where there is no directory, FormulaEntryRefused, FormulaChanging
 */
export async function listTree(directory: string): Promise<Manifest> {
  const root = await realpath(directory).catch((error: NodeJS.ErrnoException) => {
    throw new NotAFormula(directory, error.code === 'ENOENT' ? 'it does not exist' : `${error.code}`);
  });
  if (!(await lstat(root)).isDirectory()) throw new NotAFormula(directory, 'it is not a directory');
  const paths = await listPaths(root, '');
  const manifest = sortManifest(await mapBounded(paths, width, (path) => describe(root, path)));
  const bad = findBadLink(manifest);
  if (bad !== undefined) throw new FormulaEntryRefused(join(directory, bad.path), `it ${bad.reason}`);
  return manifest;
}

/** The paths below `folder`, which is '' for the root, in any order. */
async function listPaths(root: string, folder: string): Promise<string[]> {
  const paths: string[] = [];
  const names = await readdir(join(root, folder), { withFileTypes: true, encoding: 'buffer' }).catch(
    unreadable(join(root, folder)),
  );
  for (const entry of names as unknown as Dirent<Buffer>[]) {
    const name = entry.name.toString('utf8');
    if (isVersionControl(name)) continue;
    const path = folder === '' ? name : `${folder}/${name}`;
    const fault = pathFault(path);
    if (fault !== undefined) throw new FormulaEntryRefused(join(root, path), `it ${fault}`);
    paths.push(path);
    if (entry.isDirectory()) for (const below of await listPaths(root, path)) paths.push(below);
  }
  return paths;
}

async function describe(root: string, path: string): Promise<ManifestEntry> {
  const absolute = join(root, path);
  const stats = await lstat(absolute).catch(unreadable(absolute));
  if (stats.isDirectory()) return { kind: 'directory', path };
  if (stats.isSymbolicLink())
    return { kind: 'link', path, target: await readlink(absolute).catch(unreadable(absolute)) };
  if (!stats.isFile()) throw new FormulaEntryRefused(absolute, `it is ${specialKind(stats)}`);
  // Modes are normalised in bundles, so the bit would be lost silently and the file not do what its author expects.
  if ((stats.mode & 0o6000) !== 0) throw new FormulaEntryRefused(absolute, 'it has the setuid or setgid bit');
  return { kind: 'file', path, ...(await hashFile(absolute)), executable: isExecutable(stats.mode) };
}

async function hashFile(absolute: string): Promise<{ sha256: string; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of readFileSafely(absolute)) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { sha256: hash.digest('hex'), size };
}

/**
 * The bytes of a regular file of the formula. Follows no link and waits for no fifo, should one have taken its place
 * since the directory was listed. @throws FormulaEntryRefused, FormulaChanging
 */
export async function* readFileSafely(absolute: string): AsyncGenerator<Buffer> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(absolute, flags).catch(unreadable(absolute));
  try {
    if (!(await handle.stat()).isFile()) throw new FormulaChanging(absolute);
    const buffer = Buffer.allocUnsafe(64 * 1024);
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length).catch(unreadable(absolute));
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

function unreadable(path: string): (error: NodeJS.ErrnoException) => never {
  return (error) => {
    if (error.code === 'ENOENT' || error.code === 'ELOOP') throw new FormulaChanging(path);
    throw new FormulaEntryRefused(path, `it cannot be read (${error.code})`, { cause: error });
  };
}

function specialKind(stats: { isFIFO(): boolean; isSocket(): boolean }): string {
  if (stats.isFIFO()) return 'a fifo';
  return stats.isSocket() ? 'a socket' : 'a device';
}
