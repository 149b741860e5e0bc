import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import { ByteReader } from './byte-reader.js';
import { isExecutable, isVersionControl, pathFault } from './entry-path.js';
import { BundleDamaged, BundleUnsafe } from './errors.js';
import { gunzip } from './gunzip.js';
import { defaultLimits, type Limits } from './limits.js';
import { findBadLink, type LinkedEntry } from './links.js';
import { type Manifest, type ManifestEntry, sortManifest } from './manifest.js';
import { TarFault } from './tar-fault.js';
import { readTar } from './tar-read.js';

/** An entry of a bundle that may be used. Its directory was given before it, and is one. */
export type BundleEntry =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly size: number;
      readonly executable: boolean;
      readonly body: () => AsyncIterable<Buffer>;
    };

/**
 * The entries of a bundle, checked: docs/architecture.md, “Trust”, says what is refused. Directories that the archive
 * only implies are given too. Links come last, when all of them are known to stay inside, so that a caller who creates
 * what it is given never writes through a link. The whole archive is known to be sound only when the generator has
 * ended.
 * @throws BundleUnsafe, BundleDamaged, and the file system's errors
 */
export async function* readBundle(file: string, limits: Partial<Limits> = {}): AsyncGenerator<BundleEntry> {
  const all: Limits = { ...defaultLimits, ...limits };
  const reader = new ByteReader(gunzip(file, all));
  const seen = new Map<string, LinkedEntry>();
  const explicit = new Set<string>();
  try {
    for await (const entry of readTar(reader, all)) {
      const { path, kind } = entry;
      if (kind === 'directory' && (path === '' || path === '.')) continue;
      const fault = pathFault(path);
      if (fault !== undefined) throw new TarFault('unsafe', fault, path);
      if (explicit.has(path)) throw new TarFault('unsafe', 'is there twice', path);
      explicit.add(path);
      for (const parent of missingParents(path, seen)) {
        seen.set(parent, { kind: 'directory', path: parent });
        yield { kind: 'directory', path: parent };
      }
      const implied = seen.get(path);
      if (implied !== undefined && kind !== 'directory') throw new TarFault('unsafe', 'is there twice', path);
      if (kind === 'link') {
        seen.set(path, { kind, path, target: entry.target });
      } else if (implied === undefined) {
        seen.set(path, { kind, path });
        if (kind === 'directory') yield { kind, path };
        else
          yield {
            kind,
            path,
            size: entry.size,
            executable: isExecutable(entry.mode),
            body: () => named(file, entry.body()),
          };
      }
      if (seen.size > all.maxEntries) throw new TarFault('unsafe', `has more than ${all.maxEntries} entries`);
    }
    const bad = findBadLink(seen.values());
    if (bad !== undefined) throw new TarFault('unsafe', bad.reason, bad.path);
  } catch (error) {
    throw nameFault(file, error);
  } finally {
    await reader.close();
  }
  for (const { kind, path, target = '' } of seen.values()) if (kind === 'link') yield { kind, path, target };
}

/** The bytes of one entry. Whoever reads them meets the archive's faults first, so they are named here as well. */
async function* named(file: string, body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw nameFault(file, error);
  }
}

function nameFault(file: string, error: unknown): unknown {
  if (!(error instanceof TarFault)) return error;
  return error.kind === 'unsafe'
    ? new BundleUnsafe({ bundle: file, entry: error.entry, reason: error.reason })
    : new BundleDamaged({ bundle: file, reason: error.reason });
}

/** The directories above `path` that no entry named, outermost first. @throws TarFault where one is none */
function missingParents(path: string, seen: ReadonlyMap<string, LinkedEntry>): string[] {
  const missing: string[] = [];
  for (let parent = posix.dirname(path); parent !== '.'; parent = posix.dirname(parent)) {
    const kind = seen.get(parent)?.kind;
    if (kind === 'directory') break;
    if (kind !== undefined) throw new TarFault('unsafe', `lies below ${parent}, which is a ${kind}`, path);
    missing.unshift(parent);
  }
  return missing;
}

/** A bundle's content, hashed, without writing anything; version control is left out, as from a directory. */
export async function bundleManifest(file: string, limits: Partial<Limits> = {}): Promise<Manifest> {
  const manifest: ManifestEntry[] = [];
  for await (const entry of readBundle(file, limits)) {
    if (entry.path.split('/').some(isVersionControl)) continue;
    if (entry.kind !== 'file') {
      manifest.push(entry);
      continue;
    }
    const hash = createHash('sha256');
    for await (const piece of entry.body()) hash.update(piece);
    const { kind, path, size, executable } = entry;
    manifest.push({ kind, path, sha256: hash.digest('hex'), size, executable });
  }
  return sortManifest(manifest);
}
