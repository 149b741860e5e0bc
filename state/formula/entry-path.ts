/** In bytes. Leaves room for the directory it is extracted into, below Linux' 4,096. */
const LONGEST_PATH = 1024;
/** In bytes; the file systems' own limit. */
const LONGEST_PART = 255;
const DEEPEST = 64;

/**
 * Why `path`, as found in a formula's directory or in a bundle, cannot be the path of an entry; undefined when it
 * can. The same rule for both sides, so that what can be bundled can be extracted.
 */
export function pathFault(path: string): string | undefined {
  if (path === '') return 'is an empty path';
  if (path.startsWith('/')) return 'is an absolute path';
  if (Buffer.byteLength(path) > LONGEST_PATH) return `is a path of more than ${LONGEST_PATH} bytes`;
  // Such names cannot be told from others in a listing, and cannot be recorded in every archive.
  if (/\p{Cc}/u.test(path)) return 'is a path with control characters';
  // Decoders put this in the place of bytes that are not UTF-8; two such names could become one.
  if (path.includes('\ufffd')) return 'is a path that is not UTF-8';
  const parts = path.split('/');
  if (parts.length > DEEPEST) return `is a path of more than ${DEEPEST} parts`;
  if (parts.includes('..')) return 'is a path with ".." in it';
  if (parts.some((part) => part === '' || part === '.')) return 'is a path with empty parts';
  if (parts.some((part) => Buffer.byteLength(part) > LONGEST_PART))
    return `is a path with a part of more than ${LONGEST_PART} bytes`;
  return undefined;
}

/** Version-control data is none of a formula's business, wherever in its tree it lies. */
const VERSION_CONTROL: ReadonlySet<string> = new Set(['.git', '.svn', '.hg', '.bzr']);

export function isVersionControl(name: string): boolean {
  return VERSION_CONTROL.has(name);
}

/** The order of entries everywhere: by the bytes of their paths, hence the same in every locale; parents come first. */
export function comparePaths(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** Any of the three executable bits makes a file executable, as bundles know only executable or not. */
export function isExecutable(mode: number): boolean {
  return (mode & 0o111) !== 0;
}
