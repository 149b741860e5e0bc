import * as fc from 'fast-check';
import type { Tree } from './workshop.js';

/** Names that are allowed and hard: spaces, quotes, dashes first, backslashes, letters outside ASCII, dots, length. */
const part = fc
  .oneof(
    fc.constantFrom(
      'hooks',
      'a',
      'b',
      'c:',
      '-rf',
      '...',
      '.hidden',
      'a b',
      '"\'$`',
      '\\x2d',
      '\\..\\x',
      'é',
      '名前',
      '😀',
    ),
    fc.string({ minLength: 1, maxLength: 12, unit: 'grapheme' }),
    fc.integer({ min: 90, max: 110 }).map((length) => 'n'.repeat(length)),
    fc.constant('n'.repeat(255)),
  )
  .filter(
    (name) =>
      !/[/\p{Cc}\ufffd\p{Cs}]/u.test(name) &&
      !['.', '..', '.git', '.svn', '.hg', '.bzr'].includes(name) &&
      Buffer.byteLength(name) <= 255,
  );

const content = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
  fc.constantFrom(511, 512, 513, 65_535, 65_536, 65_537, 200_000).map((size) => Buffer.alloc(size, 'block')),
  fc.string({ maxLength: 40 }).map((text) => ['x', text] as const),
  fc.constant(null),
);

/**
 * Any tree that may be a formula's: files, executables, empty folders and links to all of them. Of paths that are in
 * each other's way the first is taken.
 */
export const anyTree: fc.Arbitrary<Tree> = fc
  .record({
    files: fc.array(fc.tuple(fc.array(part, { minLength: 1, maxLength: 3 }), content), {
      minLength: 1,
      maxLength: 12,
    }),
    links: fc.array(fc.tuple(part, fc.nat()), { maxLength: 4 }),
  })
  .map(({ files, links }) => {
    const tree: Record<string, Tree[string]> = {};
    const free = (path: string): boolean =>
      Object.keys(tree).every(
        (other) => !`${other}/`.startsWith(`${path}/`) && !`${path}/`.startsWith(`${other}/`),
      );
    for (const [parts, value] of files) if (free(parts.join('/'))) tree[parts.join('/')] = value;
    const targets = Object.keys(tree);
    for (const [name, index] of links) {
      const target = targets[index % targets.length] ?? '.';
      if (free(name)) tree[name] = ['->', target];
      if (free(`links/${name}`)) tree[`links/${name}`] = ['->', `../${name in tree ? name : target}`];
    }
    return tree;
  });
