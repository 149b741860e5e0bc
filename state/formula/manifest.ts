import { comparePaths } from './entry-path.js';

/** One thing in a formula's tree. Paths are relative to the formula, with `/`, without `./`. */
export type ManifestEntry =
  | {
      readonly kind: 'file';
      readonly path: string;
      /** Lower-case hex. */
      readonly sha256: string;
      /** In bytes. */
      readonly size: number;
      readonly executable: boolean;
    }
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

/** Everything in a formula's tree, directories too, in the order of `comparePaths`. */
export type Manifest = readonly ManifestEntry[];

export function sortManifest(entries: Iterable<ManifestEntry>): Manifest {
  return [...entries].sort((a, b) => comparePaths(a.path, b.path));
}

/** Bytes of all files. */
export function treeSize(manifest: Manifest): number {
  return manifest.reduce((sum, entry) => (entry.kind === 'file' ? sum + entry.size : sum), 0);
}

/** True where both trees would give the same bundle. Both must be sorted. */
export function sameManifest(a: Manifest, b: Manifest): boolean {
  return a.length === b.length && a.every((entry, index) => sameEntry(entry, b[index]));
}

export function sameEntry(a: ManifestEntry, b: ManifestEntry | undefined): boolean {
  if (b === undefined || a.path !== b.path) return false;
  if (a.kind === 'file')
    return b.kind === 'file' && a.sha256 === b.sha256 && a.size === b.size && a.executable === b.executable;
  if (a.kind === 'link') return b.kind === 'link' && a.target === b.target;
  return b.kind === 'directory';
}
