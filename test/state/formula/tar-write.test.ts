import assert from 'node:assert/strict';
import { ByteReader } from '../../../state/formula/byte-reader.js';
import { defaultLimits } from '../../../state/formula/limits.js';
import { readTar } from '../../../state/formula/tar-read.js';
import { endOfArchive, padding, tarHeader } from '../../../state/formula/tar-write.js';

describe('tarHeader', () => {
  it('carries paths of every length around the limits of the old header', async () => {
    // The package's own cut of a path such as 86/98/86 ends in a slash, which reads as a directory.
    const lengths = [86, 98, 99, 100, 101, 112, 130, 131, 154, 155, 156, 200];
    const paths = lengths.flatMap((a) =>
      lengths.flatMap((b) => ['', ...lengths].map((c) => parts(a, b, Number(c)).join('/'))),
    );
    const archive = paths.map((path) =>
      Buffer.concat([
        tarHeader({ kind: 'file', path, size: 3, sha256: '', executable: false }),
        Buffer.from('abc'),
        padding(3),
      ]),
    );
    const read: string[] = [];
    for await (const entry of readTar(readerOf([...archive, endOfArchive]), defaultLimits)) {
      assert.equal(entry.kind, 'file', entry.path);
      assert.equal(entry.size, 3);
      read.push(entry.path);
    }
    assert.deepEqual(read, paths);
  });

  it('carries link targets of every length, and outside ASCII', async () => {
    const targets = [1, 99, 100, 101, 255, 1000].flatMap((length) => [
      't'.repeat(length),
      'é'.repeat(length / 2),
    ]);
    const archive = targets.map((target) => tarHeader({ kind: 'link', path: 'ünïcödé', target }));
    const read: string[] = [];
    for await (const entry of readTar(readerOf([...archive, endOfArchive]), defaultLimits))
      read.push(entry.target);
    assert.deepEqual(read, targets);
  });
});

function parts(...lengths: number[]): string[] {
  return lengths.filter((length) => length > 0).map((length) => 'n'.repeat(length));
}

function readerOf(buffers: readonly Buffer[]): ByteReader {
  return new ByteReader(
    (async function* () {
      yield* buffers;
    })(),
  );
}
