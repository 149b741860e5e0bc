import { posix } from 'node:path';
import type { ManifestEntry } from './manifest.js';

/** As many links as Linux follows before it gives up (path_resolution(7)). */
const LONGEST_CHAIN = 40;

/** Parts looked up for all links of a tree together; thousands of long chains are an attack on the processor. */
const MOST_STEPS = 2_000_000;

/** The part of an entry that a link check needs; `Manifest` has it. */
export type LinkedEntry = Pick<ManifestEntry, 'path' | 'kind'> & { readonly target?: string };

/**
 * The first link that is not a relative one to something inside the tree, and why; undefined when all are fine. Works
 * on the listing alone, so that a bundle's links are judged before the first of them is created.
 */
export function findBadLink(
  entries: Iterable<LinkedEntry>,
): { readonly path: string; readonly reason: string } | undefined {
  const tree = new Map<string, LinkedEntry>();
  for (const entry of entries) tree.set(entry.path, entry);
  const budget = { steps: MOST_STEPS };
  for (const { path, kind, target = '' } of tree.values()) {
    if (kind !== 'link') continue;
    const reason = targetFault(path, target) ?? followFault(tree, path, budget);
    if (reason !== undefined) return { path, reason };
  }
  return undefined;
}

/** Judges the text of a link by itself. */
function targetFault(path: string, target: string): string | undefined {
  if (target === '') return 'is a link to nothing';
  if (target.startsWith('/')) return `is a link to the absolute path ${target}`;
  if (Buffer.byteLength(target) > 1024) return 'is a link to a path of more than 1024 bytes';
  if (/\p{Cc}|\ufffd/u.test(target)) return 'is a link to a path with unusable characters';
  const lexical = posix.join(posix.dirname(path), target);
  if (lexical === '..' || lexical.startsWith('../')) return `is a link that leaves the formula: ${target}`;
  return undefined;
}

/**
 * Follows a link as the kernel would: each part is looked up where the links before it led, as in path_resolution(7).
 */
function followFault(
  tree: ReadonlyMap<string, LinkedEntry>,
  link: string,
  budget: { steps: number },
): string | undefined {
  const pending = link.split('/').reverse();
  const reached: string[] = [];
  let followed = 0;
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (--budget.steps < 0) return 'is one of too many or too long chains of links';
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (reached.pop() === undefined) return 'is a link that leaves the formula through another link';
      continue;
    }
    const path = [...reached, part].join('/');
    const entry = tree.get(path);
    if (entry === undefined) return `is a link to ${path}, which is not in the formula`;
    if (entry.kind === 'link') {
      if (++followed > LONGEST_CHAIN) return 'is a link that leads in a circle';
      pending.push(...(entry.target ?? '').split('/').reverse());
      if (entry.target?.startsWith('/')) return 'is a link that leaves the formula through another link';
    } else if (entry.kind === 'file' && pending.length > 0) {
      return `is a link through ${path}, which is no directory`;
    } else {
      reached.push(part);
    }
  }
  return undefined;
}
