import { getSystemErrorName } from 'node:util';

/**
 * What a helper is asked, one thing at a time. All paths are absolute. `list` gives
 * nothing, and shows that a directory answers; `fetch` writes into a file that is there, and stops
 * at the first piece that goes beyond `most` bytes; `copy` writes aside, in a directory whose files
 * older than the last word (epoch, ms) were left by the killed; `way` gives what lies on the way to a path, see `rights.ts`.
 */
export type HelperRequest =
  | readonly ['size' | 'read' | 'flush' | 'remove' | 'list' | 'way', path: string]
  | readonly ['fetch', source: string, destination: string, most: string]
  | readonly ['copy', source: string, temporary: string, target: string, abandonedBefore: string];

/**
 * What a helper says: bytes that follow, how many it has written by now, that it is still at work, and last what came of
 * it: the size (null: no such file, or none asked for), what stands in the place of a file and is none, or an error of
 * the file system.
 */
export type HelperFrame =
  | { readonly bytes: number }
  | { readonly at: number }
  | 'alive'
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
  if (kind === 'at') return { at: Number(word) };
  if (kind === 'bytes') return { bytes: Number(word) };
  if (kind === 'done') return { done: word === '-' ? null : Number(word) };
  if (kind === 'strange') return { strange: [word, ...text].join(' ') };
  const number = Number(word);
  return { failed: text.join(' '), code: number > 0 ? getSystemErrorName(-number) : undefined };
}
