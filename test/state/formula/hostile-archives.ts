import { gzipSync } from 'node:zlib';
import { endOfArchive, paxEntry, type RawEntry, rawArchive, rawBundle, rawEntry } from './raw-tar.js';

/** An archive that must be refused, and how. */
export interface HostileArchive {
  readonly name: string;
  /** @param outside an absolute path beside the destination, which the archive tries to reach */
  readonly make: (outside: string) => Buffer;
  readonly error: 'bundle-unsafe' | 'bundle-damaged';
  readonly reason: RegExp;
  readonly limits?: object;
}

const fine: RawEntry = { path: 'metadata.yaml', body: 'name: clock\n' };

function unsafe(name: string, reason: RegExp, ...parts: (RawEntry | Buffer)[]): HostileArchive {
  return { name, make: () => rawBundle(fine, ...parts), error: 'bundle-unsafe', reason };
}

function damaged(name: string, reason: RegExp, make: () => Buffer): HostileArchive {
  return { name, make, error: 'bundle-damaged', reason };
}

const link = (path: string, linkpath: string): RawEntry => ({ path, linkpath, type: '2' });

export const hostileArchives: readonly HostileArchive[] = [
  // Paths
  {
    name: 'an absolute path',
    make: (outside) => rawBundle({ path: `${outside}/new`, body: 'x' }),
    error: 'bundle-unsafe',
    reason: /absolute path/,
  },
  unsafe('a path that begins with ..', /"\.\." in it/, { path: '../new', body: 'x' }),
  unsafe('a path with .. in the middle', /"\.\." in it/, { path: 'hooks/../../new', body: 'x' }),
  unsafe('a path that ends in ..', /"\.\." in it/, { path: 'hooks/..', type: '5' }),
  unsafe('a path with .. after ./', /"\.\." in it/, { path: './../new', body: 'x' }),
  unsafe('a path with .. in its prefix field', /"\.\." in it/, { prefix: '..', path: 'new', body: 'x' }),
  unsafe('a path with .. in a pax header', /"\.\." in it/, paxEntry({ path: '../new' }), {
    path: 'a',
    body: 'x',
  }),
  unsafe(
    'a path with .. in a GNU long name',
    /"\.\." in it/,
    { path: '././@LongLink', type: 'L', body: '../new\0' },
    { path: 'a', body: 'x' },
  ),
  unsafe('an empty part in a path', /empty parts/, { path: 'hooks//start', body: 'x' }),
  unsafe('a dot as a part of a path', /empty parts/, { path: 'hooks/./start', body: 'x' }),
  unsafe('a file named .', /empty parts/, { path: '.', body: 'x' }),
  unsafe('an over-long path', /more than 1024 bytes/, paxEntry({ path: `${'a/'.repeat(600)}a` }), {
    path: 'a',
  }),
  unsafe('an over-long part', /part of more than 255 bytes/, paxEntry({ path: 'a'.repeat(256) }), {
    path: 'a',
  }),
  unsafe('a path of too many parts', /more than 64 parts/, paxEntry({ path: `${'a/'.repeat(64)}a` }), {
    path: 'a',
  }),
  unsafe('a line break in a path', /control characters/, { path: 'hooks/st\nart', body: 'x' }),
  unsafe('a terminal escape in a path', /control characters/, { path: 'hooks/\x1b[2Jstart', body: 'x' }),
  unsafe('a zero byte in a pax path', /control characters/, paxEntry({ path: 'a\0/../b' }), {
    path: 'a',
    body: 'x',
  }),
  unsafe('a path that is not UTF-8', /not UTF-8/, { path: Buffer.from([0x61, 0xff, 0xfe]), body: 'x' }),
  unsafe('the same file twice', /there twice/, { path: 'a', body: 'good' }, { path: 'a', body: 'evil' }),
  unsafe(
    'the same file twice, once behind ./',
    /there twice/,
    { path: 'a', body: '1' },
    { path: './a', body: '2' },
  ),
  unsafe('the same directory twice', /there twice/, { path: 'a/', type: '5' }, { path: 'a', type: '5' }),
  unsafe(
    'a file in a directory’s place',
    /there twice/,
    { path: 'a/b', body: 'x' },
    { path: 'a', body: 'x' },
  ),
  unsafe(
    'an entry below a file',
    /below a, which is a file/,
    { path: 'a', body: 'x' },
    { path: 'a/b', body: 'x' },
  ),

  // Links
  {
    name: 'a link to an absolute path',
    make: (outside) => rawBundle(fine, link('a', outside)),
    error: 'bundle-unsafe',
    reason: /link to the absolute path/,
  },
  {
    name: 'a file written through a link to the outside',
    make: (outside) => rawBundle(link('a', outside), { path: 'a/new', body: 'x' }),
    error: 'bundle-unsafe',
    reason: /below a, which is a link/,
  },
  {
    name: 'a file over a link to a file outside',
    make: (outside) => rawBundle(link('a', `${outside}/precious`), { path: 'a', body: 'evil' }),
    error: 'bundle-unsafe',
    reason: /there twice/,
  },
  unsafe('a link that leaves the formula', /leaves the formula/, link('a', '../outside/precious')),
  unsafe('a link that leaves it from a folder', /leaves the formula/, link('hooks/a', '../../outside')),
  unsafe('a link that leaves it and comes back', /leaves the formula/, link('a', '../out/metadata.yaml')),
  unsafe('a link to the parent directory', /leaves the formula/, link('a', '..')),
  unsafe(
    'a chain of links, each inside, that leaves it',
    /leaves the formula through another link/,
    { path: 'deep/er/file', body: 'x' },
    link('deep/up', '../deep'),
    link('deep/er/top', '../up/..'),
    link('a', 'deep/er/top/..'),
  ),
  unsafe(
    'a link through a link to .',
    /leaves the formula/,
    link('b', '.'),
    { path: 'x/y', body: 'x' },
    link('c', 'x/../b/../outside'),
  ),
  unsafe('a file in a folder that is a link inside', /is a link/, link('b', '.'), {
    path: 'b/new',
    body: 'x',
  }),
  unsafe(
    'a link in a folder that is a link',
    /is a link/,
    { path: 'd/', type: '5' },
    link('b', 'd'),
    link('b/c', '..'),
  ),
  unsafe('a link in a circle', /circle/, link('a', 'b'), link('b', 'a')),
  unsafe('a link to itself', /circle/, link('a', 'a')),
  unsafe('a dangling link', /not in the formula/, link('a', 'nothing')),
  unsafe('a link through a file', /no directory/, link('a', 'metadata.yaml/../b'), { path: 'b', body: 'x' }),
  unsafe('a link with contents', /link with contents/, { ...link('a', 'metadata.yaml'), body: 'x' }),
  unsafe(
    'a link out by its pax header',
    /leaves the formula/,
    paxEntry({ linkpath: '../../outside' }),
    link('a', 'b'),
  ),
  unsafe(
    'a link out by its GNU long link name',
    /leaves the formula/,
    { path: '././@LongLink', type: 'K', body: '../outside\0' },
    link('a', 'metadata.yaml'),
  ),
  unsafe('a hard link inside', /hard link/, { path: 'a', linkpath: 'metadata.yaml', type: '1' }),
  {
    name: 'a hard link to the outside',
    make: (outside) =>
      rawBundle({ path: 'a', linkpath: `${outside}/precious`, type: '1' }, { path: 'a', body: 'x' }),
    error: 'bundle-unsafe',
    reason: /hard link/,
  },

  // Kinds and modes
  unsafe('a character device', /device/, { path: 'a', type: '3' }),
  unsafe('a block device', /device/, { path: 'a', type: '4' }),
  unsafe('a fifo', /fifo/, { path: 'a', type: '6' }),
  unsafe('a GNU sparse file', /kind that formulas do not have/, { path: 'a', type: 'S', body: 'x' }),
  unsafe('a pax sparse file', /sparse/, paxEntry({ 'GNU.sparse.major': '1' }), { path: 'a', body: 'x' }),
  unsafe('an entry of an unknown kind', /kind that formulas do not have/, {
    path: 'a',
    type: 'Z',
    body: 'x',
  }),
  unsafe('a setuid file', /setuid/, { path: 'a', mode: 0o4755, body: 'x' }),
  unsafe('a setgid file', /setgid/, { path: 'a', mode: 0o2755, body: 'x' }),
  unsafe('a setuid directory', /setuid/, { path: 'a', mode: 0o4755, type: '5' }),
  unsafe('a global header that renames', /global header/, paxEntry({ path: '../new' }, 'g'), {
    path: 'a',
    body: 'x',
  }),

  // Sizes
  {
    ...unsafe('more bytes than allowed', /more than 20000 bytes/, {
      path: 'a',
      body: Buffer.alloc(40_000, 1),
    }),
    limits: { maxBytes: 20_000 },
  },
  {
    ...unsafe('a decompression bomb', /times its size/, { path: 'a', body: Buffer.alloc(3_000_000) }),
    limits: { ratioFrom: 1_000_000 },
  },
  {
    ...unsafe(
      'more entries than allowed',
      /more than 2 entries/,
      { path: 'a' },
      { path: 'b' },
      { path: 'c' },
    ),
    limits: { maxEntries: 2 },
  },
  {
    ...unsafe('more implied directories than allowed', /more than 5 entries/, { path: 'a/b/c/d/e/f/g' }),
    limits: { maxEntries: 5 },
  },
  unsafe(
    'a huge name record',
    /name record of/,
    { path: 'a', type: 'x', body: Buffer.alloc(70_000, 0x31) },
    { path: 'a' },
  ),
  unsafe(
    'a huge GNU long name',
    /name record of/,
    { path: 'a', type: 'L', body: 'a'.repeat(70_000) },
    { path: 'a' },
  ),

  // Damage
  damaged('an empty file', /cut short|no gzip/, () => Buffer.alloc(0)),
  damaged('plain text', /no gzip file/, () => Buffer.from('this is no bundle\n'.repeat(100))),
  damaged('a tar archive that is not compressed', /no gzip file/, () => rawArchive(fine)),
  damaged('gzip of something else', /no tar archive/, () => gzipSync('not tar at all\n'.repeat(100))),
  damaged('gzip of nothing', /cut short/, () => gzipSync('')),
  damaged('a file cut off in the middle', /cut short/, () => cutAt(0.5)),
  damaged('a file that lacks its last byte', /cut short/, () => cutAt(-1)),
  damaged('a bit turned over', /./, () => flipped()),
  damaged('an archive cut between two entries', /cut short/, () => gzipSync(rawEntry(fine))),
  damaged('an archive with half an end', /cut short/, () =>
    gzipSync(Buffer.concat([rawEntry(fine), Buffer.alloc(512)])),
  ),
  damaged('an archive cut in a header', /cut short/, () => gzipSync(rawArchive(fine).subarray(0, 700))),
  damaged('an archive cut in a body', /cut short/, () =>
    gzipSync(rawEntry({ path: 'a', size: 5000, body: 'x' })),
  ),
  damaged('an end in the middle', /something follows/, () =>
    rawBundle(fine, endOfArchive, { path: 'a', body: 'x' }),
  ),
  damaged('one empty block in the middle', /stops in the middle/, () => rawBundle(Buffer.alloc(512), fine)),
  damaged('a name record without an entry', /stops in the middle/, () => rawBundle(paxEntry({ path: 'a' }))),
  damaged('garbage after the archive', /something follows/, () =>
    gzipSync(Buffer.concat([rawArchive(fine), Buffer.from('x')])),
  ),
  damaged('garbage after the gzip stream', /something follows|no gzip file/, () =>
    Buffer.concat([rawBundle(fine), Buffer.from('garbage')]),
  ),
  damaged('a second archive after the first', /something follows/, () =>
    Buffer.concat([rawBundle(fine), rawBundle(fine)]),
  ),
  damaged('zeros after the gzip stream', /something follows/, () =>
    Buffer.concat([rawBundle(fine), Buffer.alloc(9)]),
  ),
  damaged('a wrong checksum', /no tar archive/, () => rawBundle({ ...fine, breakChecksum: true })),
  damaged('a negative size', /sensible size|no tar/, () => rawBundle({ ...fine, size: '-0000000001\0' })),
  damaged('a size beyond all measure', /./, () =>
    rawBundle({ ...fine, size: '\u0080\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f\u007f' }),
  ),
  damaged('a pax size that is no number', /sensible size/, () => rawBundle(paxEntry({ size: '-1' }), fine)),
  damaged('a pax size that hides an entry', /no tar archive/, () => rawBundle(paxEntry({ size: '0' }), fine)),
  damaged('a pax record with a wrong length', /extended header/, () =>
    rawBundle({ path: 'p', type: 'x', body: '99 path=a\n' }, fine),
  ),
  damaged('a pax record without an end', /extended header/, () =>
    rawBundle({ path: 'p', type: 'x', body: '10 path=ab' }, fine),
  ),
  damaged('a row of name records without end', /too many extended headers/, () =>
    rawBundle(...Array.from({ length: 20 }, () => paxEntry({ path: 'a' })), fine),
  ),
];

function cutAt(where: number): Buffer {
  const whole = rawBundle(fine, {
    path: 'data',
    body: Buffer.from(Array.from({ length: 9000 }, (_, i) => (i * i) % 251)),
  });
  return whole.subarray(0, where < 0 ? whole.length + where : Math.floor(whole.length * where));
}

/** The gzip checksum covers what tar's own does not: the contents. */
function flipped(): Buffer {
  const bundle = rawBundle(fine);
  bundle[bundle.length - 6] = (bundle[bundle.length - 6] ?? 0) ^ 1;
  return bundle;
}
