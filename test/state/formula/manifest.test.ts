import assert from 'node:assert/strict';

import { type ManifestEntry, sameManifest, sortManifest, treeSize } from '../../../state/formula/manifest.js';

const file = (path: string, of: Partial<ManifestEntry> = {}): ManifestEntry =>
  ({ kind: 'file', path, sha256: 'aa', size: 3, executable: false, ...of }) as ManifestEntry;
const link = (path: string, target: string): ManifestEntry => ({ kind: 'link', path, target });
const directory = (path: string): ManifestEntry => ({ kind: 'directory', path });

describe('a manifest', () => {
  const rows: readonly (readonly [
    says: string,
    a: readonly ManifestEntry[],
    b: readonly ManifestEntry[],
    same: boolean,
  ])[] = [
    ['nothing', [], [], true],
    ['the same file', [file('a')], [file('a')], true],
    ['one more', [file('a')], [file('a'), file('b')], false],
    ['one less', [file('a'), file('b')], [file('a')], false],
    ['another path', [file('a')], [file('b')], false],
    ['another content', [file('a')], [file('a', { sha256: 'bb' })], false],
    ['another size', [file('a')], [file('a', { size: 4 })], false],
    ['made executable', [file('a')], [file('a', { executable: true })], false],
    ['a link in its place', [file('a')], [link('a', 'b')], false],
    ['a directory in its place', [file('a')], [directory('a')], false],
    ['the same link', [link('a', 'b')], [link('a', 'b')], true],
    ['a link to elsewhere', [link('a', 'b')], [link('a', 'c')], false],
    ['a file in the place of a link', [link('a', 'b')], [file('a')], false],
    ['the same directory', [directory('a')], [directory('a')], true],
    ['a file in the place of a directory', [directory('a')], [file('a')], false],
  ];
  for (const [says, a, b, same] of rows)
    it(`is ${same ? 'the same' : 'another one'}: ${says}`, () => assert.equal(sameManifest(a, b), same));

  it('is in the order of the bytes of its paths, parents first', () => {
    const paths = ['b', 'a/b', 'a', 'a-b', 'Z', 'ä'];
    assert.deepEqual(
      sortManifest(paths.map((path) => file(path))).map(({ path }) => path),
      ['Z', 'a', 'a-b', 'a/b', 'b', 'ä'],
    );
  });

  it('weighs what its files do', () =>
    assert.equal(
      treeSize([directory('d'), file('d/a', { size: 5 }), file('d/b', { size: 7 }), link('l', 'd')]),
      12,
    ));
});
