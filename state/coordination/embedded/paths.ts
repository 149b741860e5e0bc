import { Buffer } from 'node:buffer';

/** Where a node's record is kept: its parent's path and its own name, so that direct children are one key range. */
export type NodeKey = [parent: string, name: string];

/** lmdb takes keys up to 1,978 bytes; the rest is for the key's own delimiters. */
const LONGEST = 1_900;

/** Refuses what no caller may ask for: such a path is a bug of this program, not of an operator. */
export function checkPath(path: string): void {
  const wellFormed = path === '/' || /^(\/[^/\0]+)+$/.test(path);
  if (!wellFormed) throw new TypeError(`${JSON.stringify(path)} is no path of a node`);
  if (Buffer.byteLength(path) > LONGEST) throw new TypeError(`${path} is longer than ${LONGEST} bytes`);
}

/** The parent of `/a/b` is `/a`, of `/a` it is `/`; the root has none: ''. */
export function parentOf(path: string): string {
  if (path === '/') return '';
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

export function keyOf(path: string): NodeKey {
  const parent = parentOf(path);
  return [parent, parent === '' ? '/' : path.slice(path.lastIndexOf('/') + 1)];
}
