import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
} from 'node:fs';
import { join } from 'node:path';
import { isExecutable, isVersionControl, pathFault } from './entry-path.js';
import { FormulaChanging, FormulaEntryRefused, FormulaTooLarge, NotAFormula } from './errors.js';
import { type Ignoring, ignoringOf } from './ignore.js';
import { defaultLimits } from './limits.js';
import { findBadLink } from './links.js';
import { type Manifest, type ManifestEntry, sortManifest } from './manifest.js';

/*
 * Whoever lists a tree has little else to do meanwhile, and to hand twenty small files to Node's threads takes longer
 * than to read them.
 */

/** Bytes of a large file after which others have their turn: the coordinator hears from its clients every few seconds. */
const AT_A_STRETCH = 8 * 1024 * 1024;

/**
 * Everything that belongs to the formula in `directory`, hashed. Version-control folders are left out, and what
 * `ignoringOf` says. What a bundle
 * cannot carry to every machine unchanged is refused rather than dropped.
 * @param maxEntries files, directories and links that it may have
 * @throws NotAFormula where there is no directory, FormulaEntryRefused, FormulaChanging, FormulaTooLarge
 */
export async function listTree(directory: string, maxEntries = defaultLimits.maxEntries): Promise<Manifest> {
  const root = rootOf(directory);
  if (!lstatSync(root).isDirectory())
    throw new NotAFormula({ path: directory, reason: 'it is not a directory' });
  const entries: ManifestEntry[] = [];
  const paths: string[] = [];
  for (const path of listPaths(root, '', ignoringOf(root))) {
    // Before their contents are read, and before the rest is found.
    if (paths.push(path) > maxEntries)
      throw new FormulaTooLarge({
        path: directory,
        reason: `it has more than ${maxEntries} files, directories and links`,
      });
  }
  let left = defaultLimits.maxBytes;
  for (const path of paths) {
    const entry = await describe(root, path, left);
    if (entry.kind === 'file') left -= entry.size;
    entries.push(entry);
  }
  const manifest = sortManifest(entries);
  const bad = findBadLink(manifest);
  if (bad !== undefined)
    throw new FormulaEntryRefused({ path: join(directory, bad.path), reason: `it ${bad.reason}` });
  return manifest;
}

function rootOf(directory: string): string {
  try {
    return realpathSync(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new NotAFormula({ path: directory, reason: code === 'ENOENT' ? 'it does not exist' : `${code}` });
  }
}

/** The paths below `folder`, which is '' for the root, in any order. */
function* listPaths(root: string, folder: string, ignores: Ignoring): Generator<string> {
  const absolute = join(root, folder);
  const entries = reading(absolute, () => readdirSync(absolute, { withFileTypes: true, encoding: 'buffer' }));
  for (const entry of entries) {
    const name = entry.name.toString('utf8');
    if (isVersionControl(name)) continue;
    const path = folder === '' ? name : `${folder}/${name}`;
    if (ignores(path, entry.isDirectory())) continue;
    const fault = pathFault(path);
    if (fault !== undefined) throw new FormulaEntryRefused({ path: join(root, path), reason: `it ${fault}` });
    yield path;
    if (entry.isDirectory()) yield* listPaths(root, path, ignores);
  }
}

/** @param most bytes that a file may have: what has more is not read, as a sparse file or an endless one */
async function describe(root: string, path: string, most: number): Promise<ManifestEntry> {
  const absolute = join(root, path);
  const stats = reading(absolute, () => lstatSync(absolute));
  if (stats.isDirectory()) return { kind: 'directory', path };
  if (stats.isSymbolicLink())
    return { kind: 'link', path, target: reading(absolute, () => readlinkSync(absolute)) };
  if (!stats.isFile())
    throw new FormulaEntryRefused({ path: absolute, reason: `it is ${specialKind(stats)}` });
  // Modes are normalised in bundles, so the bit would be lost silently and the file not do what its author expects.
  if ((stats.mode & 0o6000) !== 0)
    throw new FormulaEntryRefused({ path: absolute, reason: 'it has the setuid or setgid bit' });
  const tooLarge = (): FormulaTooLarge =>
    new FormulaTooLarge({
      path: root,
      reason: `with ${path} it has more than ${defaultLimits.maxBytes} bytes`,
    });
  if (stats.size > most) throw tooLarge();
  const hashed = await hashFile(absolute, most);
  if (hashed === undefined) throw tooLarge();
  return { kind: 'file', path, ...hashed, executable: isExecutable(stats.mode) };
}

/** @returns undefined where there are more than `most` bytes */
async function hashFile(
  absolute: string,
  most: number,
): Promise<{ sha256: string; size: number } | undefined> {
  const hash = createHash('sha256');
  let size = 0;
  let since = 0;
  for (const chunk of readFileSafely(absolute)) {
    hash.update(chunk);
    size += chunk.length;
    if (size > most) return undefined;
    since += chunk.length;
    if (since < AT_A_STRETCH) continue;
    since = 0;
    await new Promise(setImmediate);
  }
  return { sha256: hash.digest('hex'), size };
}

/**
 * The bytes of a regular file of the formula, each piece good until the next one is asked for. Follows no link and waits
 * for no fifo, should one have taken its place since the directory was listed.
 * @throws FormulaEntryRefused, FormulaChanging
 */
export function* readFileSafely(absolute: string): Generator<Buffer> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = reading(absolute, () => openSync(absolute, flags));
  try {
    if (!fstatSync(file).isFile()) throw new FormulaChanging({ path: absolute });
    const buffer = Buffer.allocUnsafe(64 * 1024);
    for (;;) {
      const length = reading(absolute, () => readSync(file, buffer));
      if (length === 0) return;
      yield buffer.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP') throw new FormulaChanging({ path });
    throw new FormulaEntryRefused({ path, reason: `it cannot be read (${code})` }, { cause: error });
  }
}

function specialKind(stats: { isFIFO(): boolean; isSocket(): boolean }): string {
  if (stats.isFIFO()) return 'a fifo';
  return stats.isSocket() ? 'a socket' : 'a device';
}
