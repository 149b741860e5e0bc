import { createHash } from 'node:crypto';
import { chmodSync, closeSync, constants, fchmodSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, realpath, rm, symlink } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { EnsembleError } from '../platform/errors.js';
import { writeHashed } from '../storage/write-hashed.js';
import { mapBounded } from './concurrency.js';
import { BundleUnsafe, ExtractionFailed } from './errors.js';
import type { Limits } from './limits.js';
import { type Manifest, type ManifestEntry, sortManifest } from './manifest.js';
import { type BundleEntry, readBundle } from './read-bundle.js';

interface ExtractOptions extends Partial<Limits> {
  /** False leaves out every fsync: for a copy that nobody relies on after a crash. Default true. */
  readonly durable?: boolean;
}

/** Bytes of a file that is written at once. */
const SMALL_FILE = 64 * 1024;

/** Files whose fsync is under way. */
const SYNC_WIDTH = 16;

/**
 * Extracts a bundle into `destination`, which must not exist yet, and returns what is there now. When it returns,
 * everything is on the disk, `destination` itself included; its name in its parent is not, since callers rename it.
 * If anything fails, `destination` is gone afterwards.
 * @throws BundleUnsafe, BundleDamaged, ExtractionFailed
 */
export async function extractBundle(
  file: string,
  destination: string,
  options: ExtractOptions = {},
): Promise<Manifest> {
  const { durable = true, ...limits } = options;
  try {
    mkdirSync(destination, { mode: 0o755 });
  } catch (error) {
    throw failure(file, destination, error);
  }
  try {
    const manifest = await fill(file, destination, limits, durable);
    await verifyLinks(file, destination, manifest);
    if (durable) await syncDirectories(destination, manifest);
    return manifest;
  } catch (error) {
    await rm(destination, { recursive: true, force: true });
    throw error instanceof EnsembleError ? error : failure(file, destination, error);
  }
}

async function fill(
  file: string,
  destination: string,
  limits: Partial<Limits>,
  durable: boolean,
): Promise<Manifest> {
  const manifest: ManifestEntry[] = [];
  const syncing = new Set<Promise<void>>();
  const failures: unknown[] = [];
  try {
    for await (const entry of readBundle(file, limits)) {
      const path = join(destination, entry.path);
      if (entry.kind === 'directory') {
        mkdirSync(path);
        chmodSync(path, 0o755);
        manifest.push(entry);
      } else if (entry.kind === 'link') {
        await symlink(entry.target, path);
        manifest.push(entry);
      } else if (!durable && entry.size <= SMALL_FILE) {
        manifest.push(await writeSmall(path, entry));
      } else {
        const { handle, described } = await writeFile(path, entry, durable);
        manifest.push(described);
        const done = finish(handle, durable)
          .catch((error) => void failures.push(error))
          .finally(() => syncing.delete(done));
        syncing.add(done);
        if (syncing.size >= SYNC_WIDTH) await Promise.race(syncing);
        if (failures.length > 0) throw failures[0];
      }
    }
  } finally {
    // Also on failure: nothing may write on while the destination is being removed.
    await Promise.all(syncing);
  }
  if (failures.length > 0) throw failures[0];
  return sortManifest(manifest);
}

type FileEntry = Extract<BundleEntry, { kind: 'file' }>;

/** Only a file that is new. */
const creating = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** At once: to hand a small file to another thread and back, four times, takes longer than to write it. */
async function writeSmall(path: string, entry: FileEntry): Promise<ManifestEntry> {
  const { kind, executable, size } = entry;
  const mode = executable ? 0o755 : 0o644;
  const hash = createHash('sha256');
  const file = openSync(path, creating, mode);
  try {
    for await (const piece of entry.body()) {
      hash.update(piece);
      writeFileSync(file, piece);
    }
    // open() took the process's umask off the mode; hooks must be executable whatever it is.
    fchmodSync(file, mode);
  } finally {
    closeSync(file);
  }
  return { kind, path: entry.path, sha256: hash.digest('hex'), size, executable };
}

/** Writes one file; the open handle is the caller's. */
async function writeFile(
  path: string,
  entry: FileEntry,
  durable: boolean,
): Promise<{ handle: FileHandle; described: ManifestEntry }> {
  const mode = entry.executable ? 0o755 : 0o644;
  const handle = await open(path, creating, mode);
  try {
    const { sha256 } = await writeHashed(handle, entry.body(), { early: durable });
    // As above.
    await handle.chmod(mode);
    const { kind, executable, size } = entry;
    return { handle, described: { kind, path: entry.path, sha256, size, executable } };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function finish(handle: FileHandle, durable: boolean): Promise<void> {
  try {
    if (durable) await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The listing said that all links stay inside; now the kernel must say so too. */
async function verifyLinks(file: string, destination: string, manifest: Manifest): Promise<void> {
  const links = manifest.filter((entry) => entry.kind === 'link');
  if (links.length === 0) return;
  const root = await realpath(destination);
  await mapBounded(links, SYNC_WIDTH, async ({ path }) => {
    const real = await realpath(join(root, path)).catch(() => undefined);
    if (real === undefined || (real !== root && !real.startsWith(root + sep)))
      throw new BundleUnsafe({ bundle: file, entry: path, reason: 'is a link that leaves the formula' });
  });
}

async function syncDirectories(destination: string, manifest: Manifest): Promise<void> {
  const inner = manifest
    .filter((entry) => entry.kind === 'directory')
    .map(({ path }) => join(destination, path));
  await mapBounded([...inner, destination], SYNC_WIDTH, async (path) => {
    await finish(await open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW), true);
  });
}

function failure(file: string, destination: string, error: unknown): ExtractionFailed {
  const { code, message } = error as NodeJS.ErrnoException;
  const reasons: Readonly<Record<string, string>> = {
    EEXIST: 'something is there already',
    ENOENT: `${file} or ${dirname(destination)} does not exist`,
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    EACCES: 'permission denied',
  };
  return new ExtractionFailed(
    { bundle: file, destination, reason: reasons[code ?? ''] ?? message },
    { cause: error },
  );
}
