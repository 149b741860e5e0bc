import { getSystemErrorName } from 'node:util';

/**
 * The requests to a helper, which gets one at a time. All paths are absolute. `fetch` writes into a file that is
 * there, and stops at the first piece that goes beyond `most` bytes. `copy` writes aside, in a directory in which
 * files older than the last word (epoch, ms) are leftovers of killed helpers. `way` gives what lies on the way to a
 * path, see `rights.ts`. `entries` counts what is in a directory; null: there is none. `walk` reads what a repository, or all of a formula, has there, passing over errors, up to
 * so many bytes, and gives the number of the file system that it is on, as `device` does; null: nothing is there.
 */
export type HelperRequest =
  | readonly ['size' | 'read' | 'flush' | 'remove' | 'way' | 'entries' | 'device', path: string]
  | readonly ['walk', path: string, how: 'repository' | 'whole', most: string]
  | readonly ['fetch', source: string, destination: string, most: string]
  | readonly ['copy', source: string, temporary: string, target: string, abandonedBefore: string];

/**
 * The words of a helper: bytes that follow, how many it has written by now, that it is still at work, what it turns
 * to, and last the result: the size (null: no such file, or none asked for), what stands in the place of a file and
 * is none, or an error of the file system.
 */
export type HelperFrame =
  | { readonly bytes: number }
  | { readonly at: number }
  | 'alive'
  | { readonly turnsTo: string }
  | { readonly done: number | null }
  | { readonly strange: string }
  | { readonly failed: string; readonly code: string | undefined };

/** A request is a line of words, each encoded as in a URL. */
export function encodeRequest(request: HelperRequest): string {
  return `${request.map(encodeURIComponent).join(' ')}\n`;
}

/** Reads a line that a helper said, without its end. */
export function parseFrame(line: string): HelperFrame {
  const [kind, word = '-', ...text] = line.split(' ');
  if (kind === 'alive') return 'alive';
  if (kind === 'on') return { turnsTo: decodeURIComponent(word) };
  if (kind === 'at') return { at: Number(word) };
  if (kind === 'bytes') return { bytes: Number(word) };
  if (kind === 'done') return { done: word === '-' ? null : Number(word) };
  if (kind === 'strange') return { strange: [word, ...text].join(' ') };
  const number = Number(word);
  return { failed: text.join(' '), code: number > 0 ? getSystemErrorName(-number) : undefined };
}
