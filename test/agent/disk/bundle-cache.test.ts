import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { BundleCache, UNPACKED, type Unpacked } from '../../../agent/disk/bundle-cache.js';
import { copyFormula } from '../../../agent/disk/copy-formula.js';
import { listTree } from '../../../state/formula/tree.js';
import { openStorage } from '../../../state/storage/open.js';
import { rawBundle } from '../../state/formula/raw-tar.js';
import { bytesOf } from '../../state/storage/content.js';

describe('an unpacked bundle', () => {
  let work: string;
  let cache: string;
  let bundles: BundleCache;
  beforeEach(async () => {
    work = await mkdtemp(join(tmpdir(), 'ensemble-unpacked-'));
    cache = join(work, 'cache');
    await mkdir(cache);
    await mkdir(join(work, 'storage'));
    bundles = new BundleCache(await openStorage(`file:${join(work, 'storage')}`), cache, {
      // At once what the agent removes when there is time for it.
      add(paths) {
        for (const path of paths) rmSync(path, { recursive: true, force: true });
      },
    });
  });
  afterEach(() => rm(work, { recursive: true }));

  const files = { path: 'hooks/start', mode: 0o755, body: '#!/bin/sh\n' };
  /** More than one piece of a download, and larger than what is held in memory. */
  const large = rawBundle(
    files,
    { path: 'lib/data', body: bytesOf('data', 6_000_000) },
    { path: 'current', type: '2', linkpath: 'lib' },
  );

  /** Downloads `stored` as what was published as `published`; gives its path in the cache. */
  async function fetch(published: Buffer, stored = published): Promise<string> {
    await writeFile(join(work, 'storage', 'bundle'), stored);
    const sha256 = createHash('sha256').update(published).digest('hex');
    return bundles.fetch('bundle', { sha256, size: published.length });
  }

  const used = <T>(bundle: string, work: (unpacked: Unpacked) => Promise<T>): Promise<T> =>
    bundles.withUnpacked(bundle, work);

  it('is unpacked once for all who want it, after it was verified, and left over when they had it', async () => {
    const bundle = await fetch(large);
    assert.deepEqual(await readdir(cache), [basename(bundle)]);
    const seen = await Promise.all(
      Array.from({ length: 10 }, () =>
        used(bundle, async ({ directory, manifest }) => {
          assert.deepEqual(await listTree(directory), manifest);
          return basename(directory);
        }),
      ),
    );
    const [name, ...more] = new Set(seen);
    assert.deepEqual(more, []);
    assert.deepEqual(await readdir(cache), [basename(bundle)]);
    await used(bundle, async ({ directory }) => {
      assert.notEqual(basename(directory), name, 'who comes later has one of his own');
      assert.deepEqual(await readFile(join(directory, 'hooks/start'), 'utf8'), '#!/bin/sh\n');
    });
    assert.deepEqual(await readdir(cache), [basename(bundle)]);
  });

  it('leaves nothing where other bytes come than were published, however late that shows', async () => {
    const changed = (at: number): Buffer => {
      const bytes = Buffer.from(large);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      return bytes;
    };
    const hostile = rawBundle(
      files,
      { path: '../outside', body: 'x' },
      { path: 'z', body: bytesOf('z', 2_000_000) },
    );
    for (const stored of [
      changed(large.length - 1),
      changed(large.length / 2),
      large.subarray(0, -1),
      Buffer.concat([large, large]),
      hostile,
      bytesOf('no bundle at all', large.length),
      rawBundle({ path: 'zeros', body: Buffer.alloc(20_000_000) }),
    ]) {
      await assert.rejects(fetch(large, stored), { code: 'object-damaged' });
      assert.deepEqual(await readdir(cache), []);
      await assert.rejects(access(join(work, 'outside')));
    }
    // Nor does the one that was meant remember them.
    const bundle = await fetch(large);
    await used(bundle, async ({ directory, manifest }) =>
      assert.deepEqual(await listTree(directory), manifest),
    );
  });

  it('is fetched again where its file was changed, and once where it was not', async () => {
    const bundle = await fetch(large);
    const { ino } = await stat(bundle);
    await fetch(large);
    assert.equal((await stat(bundle)).ino, ino);
    await writeFile(bundle, 'changed');
    assert.equal(await fetch(large), bundle);
    assert.ok((await readFile(bundle)).equals(large));
  });

  it('is refused to whoever wants it where it was published like that', async () => {
    const bundle = await fetch(rawBundle(files, { path: 'hooks/../../outside', body: 'x' }));
    assert.deepEqual(await readdir(cache), [basename(bundle)]);
    await assert.rejects(
      used(bundle, () => assert.fail('it is used')),
      { code: 'bundle-unsafe' },
    );
    assert.deepEqual(await readdir(cache), [basename(bundle)]);
  });

  describe('is taken', () => {
    const taking = async (work: (unpacked: Unpacked) => Promise<void>): Promise<void> => {
      const bundle = await fetch(large);
      await used(bundle, work);
      assert.deepEqual(await readdir(cache), [basename(bundle)]);
    };

    it('as it is by the only one who wants it', () =>
      taking(async (unpacked) => {
        const { ino } = await stat(join(unpacked.directory, 'lib/data'));
        await copyFormula(unpacked, join(work, 'taken'));
        assert.equal((await stat(join(work, 'taken/lib/data'))).ino, ino);
        await assert.rejects(access(unpacked.directory));
      }));

    it('by nobody while two want it: each gets a copy', () =>
      taking(async (unpacked) => {
        await used(unpacked.directory.slice(0, unpacked.directory.indexOf(UNPACKED)), async (same) => {
          assert.equal(same.directory, unpacked.directory);
          for (const name of ['one', 'two']) {
            await copyFormula(same, join(work, name));
            assert.deepEqual(await listTree(join(work, name)), unpacked.manifest);
          }
        });
      }));

    it('by nobody on another file system, who gets a copy; other failures are told', () =>
      taking(async (unpacked) => {
        const elsewhere = { ...unpacked, take: () => unpacked.take('/proc/self/elsewhere') };
        await copyFormula(elsewhere, join(work, 'copied'));
        assert.deepEqual(await listTree(join(work, 'copied')), unpacked.manifest);
        assert.deepEqual(await listTree(unpacked.directory), unpacked.manifest);
        assert.throws(() => unpacked.take(join(work, 'missing', 'taken')), { code: 'ENOENT' });
      }));
  });
});
