import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { EnsembleError } from '../../../state/platform/errors.js';
import { bundleFormula } from '../../../state/formula/bundle.js';
import { BundleDamaged, BundleUnsafe, ExtractionFailed } from '../../../state/formula/errors.js';
import { extractBundle } from '../../../state/formula/extract.js';
import { bundleManifest } from '../../../state/formula/read-bundle.js';
import { listTree } from '../../../state/formula/tree.js';
import { hostileArchives } from './hostile-archives.js';
import { paxEntry, rawArchive, rawBundle } from './raw-tar.js';
import { formulaTree, Workshop } from './workshop.js';

describe('extractBundle', () => {
  const workshop = new Workshop();

  const bundleOf = async (bytes: Buffer): Promise<string> => {
    await writeFile(workshop.path('bundle.tar.gz'), bytes);
    return workshop.path('bundle.tar.gz');
  };

  describe('refuses, and leaves nothing behind:', () => {
    /** Everything in the workshop but the destination, with modes, contents and link targets. */
    const surroundings = async (): Promise<unknown> => ({
      names: (await readdir(workshop.path())).sort(),
      outside: await listTree(workshop.path('outside')),
      mode: (await stat(workshop.path('outside/precious'))).mode,
      content: await readFile(workshop.path('outside/precious'), 'utf8'),
    });

    for (const hostile of hostileArchives) {
      it(hostile.name, async () => {
        await workshop.tree('outside', { precious: 'as it was' });
        const bundle = await bundleOf(hostile.make(workshop.path('outside')));
        const before = await surroundings();
        for (const read of [
          () => extractBundle(bundle, workshop.path('out'), hostile.limits),
          () => bundleManifest(bundle, hostile.limits),
        ])
          await assert.rejects(read, (error) => {
            assert.ok(error instanceof BundleUnsafe || error instanceof BundleDamaged, String(error));
            assert.equal(error.code, hostile.error, error.message);
            assert.match(error.reason, hostile.reason);
            assert.equal(error.bundle, bundle);
            return true;
          });
        assert.deepEqual(
          await surroundings(),
          before,
          'the destination is gone and nothing beside it changed',
        );
      });
    }

    it('has a table of at least 25 hostile archives, each with a name of its own', () => {
      assert.ok(hostileArchives.length >= 25);
      assert.equal(new Set(hostileArchives.map(({ name }) => name)).size, hostileArchives.length);
    });
  });

  it('gives hooks their executable bit whatever the umask, and no other bits', async () => {
    const bundle = await bundleOf(
      rawBundle(
        { path: 'hooks/start', mode: 0o700, body: '#!/bin/sh\n' },
        { path: 'notes', mode: 0o666, body: '' },
      ),
    );
    const umask = process.umask(0o077);
    try {
      await extractBundle(bundle, workshop.path('out'));
    } finally {
      process.umask(umask);
    }
    const modeOf = async (path: string): Promise<number> =>
      (await stat(workshop.path('out', path))).mode & 0o7777;
    assert.equal(await modeOf('hooks/start'), 0o755);
    assert.equal(await modeOf('notes'), 0o644);
    assert.equal(await modeOf('hooks'), 0o755);
  });

  it('belongs to whoever extracts it, not to whom the archive says', async () => {
    const bundle = await bundleOf(
      rawBundle(paxEntry({ uid: '1234', gid: '1234' }), { path: 'a', body: 'x' }),
    );
    await extractBundle(bundle, workshop.path('out'));
    assert.equal((await stat(workshop.path('out/a'))).uid, process.getuid?.());
  });

  it('takes archives of other tools: ./ before paths, no directories, long names, comments, zeros at the end', async () => {
    const long = `data/${'x'.repeat(120)}`;
    const bundle = await bundleOf(
      rawBundle(
        paxEntry({ comment: 'a commit' }, 'g'),
        { path: './', type: '5' },
        { path: './hooks/deep/er/start', mode: 0o755, body: 'x' },
        { path: './hooks/', type: '5' },
        { path: '././@LongLink', type: 'L', body: `${long}\0` },
        { path: 'truncated', body: 'y' },
        { path: './a', type: '2', linkpath: './hooks/deep' },
        Buffer.alloc(10_240),
      ),
    );
    const manifest = await extractBundle(bundle, workshop.path('out'));
    assert.deepEqual(
      manifest.map((entry) => `${entry.kind} ${entry.path}`),
      [
        'link a',
        'directory data',
        `file ${long}`,
        'directory hooks',
        'directory hooks/deep',
        'directory hooks/deep/er',
        'file hooks/deep/er/start',
      ],
    );
    assert.deepEqual(await listTree(workshop.path('out')), manifest);
    assert.deepEqual(await bundleManifest(bundle), manifest);
  });

  it('takes links that stay inside, through other links and folders too', async () => {
    const tree = await workshop.tree('clock', {
      'lib/tool': ['x', '#!/bin/sh\n'],
      current: ['->', 'lib'],
      'hooks/start': ['->', '../current/../current/tool'],
      'hooks/self': ['->', '.'],
      'hooks/stop': ['->', 'self/start'],
    });
    await bundleFormula(tree, workshop.path('clock.tar.gz'));
    const manifest = await extractBundle(workshop.path('clock.tar.gz'), workshop.path('out'));
    assert.deepEqual(await listTree(workshop.path('out')), manifest);
    assert.equal(await readFile(workshop.path('out/hooks/stop'), 'utf8'), '#!/bin/sh\n');
  });

  it('refuses a destination that is there already, and leaves it alone', async () => {
    const bundle = await bundleOf(rawBundle({ path: 'a', body: 'x' }));
    await workshop.tree('out', { mine: 'kept' });
    await assert.rejects(extractBundle(bundle, workshop.path('out')), (error) => {
      assert.ok(error instanceof ExtractionFailed);
      assert.match(error.reason, /there already/);
      return true;
    });
    assert.deepEqual(await readdir(workshop.path('out')), ['mine']);
  });

  it('says which file is missing where the bundle or the destination’s parent is', async () => {
    const bundle = await bundleOf(rawBundle({ path: 'a', body: 'x' }));
    await assert.rejects(extractBundle(workshop.path('none.tar.gz'), workshop.path('out')), ExtractionFailed);
    await assert.rejects(extractBundle(bundle, workshop.path('none/out')), ExtractionFailed);
    assert.deepEqual(await readdir(workshop.path()), ['bundle.tar.gz']);
  });

  it('blames the machine, not the bundle, when writing fails in the middle, and removes what it wrote', async () => {
    // A destination so deep that the first file still has a path the kernel takes, and the second one not.
    const deep = workshop.path(...Array.from({ length: 14 }, () => 'd'.repeat(240)));
    await mkdir(deep, { recursive: true });
    const long = Array.from({ length: 4 }, () => 'e'.repeat(240)).join('/');
    const bundle = await bundleOf(
      rawBundle({ path: 'a', body: 'x' }, paxEntry({ path: long }), { path: 'cut', body: 'x' }),
    );
    await assert.rejects(extractBundle(bundle, `${deep}/out`), (error) => {
      assert.ok(error instanceof ExtractionFailed, String(error));
      assert.match(error.reason, /ENAMETOOLONG/);
      return true;
    });
    assert.deepEqual(await readdir(deep), []);
  });

  it('refuses every bundle that lacks bytes at its end, wherever it was cut', async () => {
    const tree = await workshop.tree('clock', formulaTree('clock', 1, { data: 'some more\n'.repeat(50) }));
    await bundleFormula(tree, workshop.path('clock.tar.gz'));
    const whole = await readFile(workshop.path('clock.tar.gz'));
    // In gzip's header and in its checksum each byte, and some of what is deflated.
    const isAtAnEnd = (length: number): boolean => length < 20 || length > whole.length - 30;
    for (let length = 0; length < whole.length; length += isAtAnEnd(length) ? 1 : 11) {
      const bundle = await bundleOf(whole.subarray(0, length));
      await assert.rejects(extractBundle(bundle, workshop.path('out'), { durable: false }), BundleDamaged);
    }
    assert.deepEqual((await readdir(workshop.path())).sort(), ['bundle.tar.gz', 'clock', 'clock.tar.gz']);
  });

  it('refuses every archive with a byte changed, or extracts something that is still inside', async () => {
    const plain = rawArchive(
      { path: 'hooks/start', mode: 0o755, body: '#!/bin/sh\n' },
      paxEntry({ path: 'hooks/ünïcödé' }),
      { path: 'x', body: 'y' },
      { path: 'a', type: '2', linkpath: 'hooks/start' },
    );
    const isPadding = (at: number): boolean =>
      plain.subarray(Math.max(0, at - 7), at + 7).every((byte) => byte === 0);
    for (let at = 0; at < plain.length; at += isPadding(at) ? 29 : 5) {
      const changed = Buffer.from(plain);
      changed[at] = (changed[at] ?? 0) ^ 0x11;
      const out = workshop.path('out');
      const bundle = await bundleOf(gzipSync(changed, { level: 1 }));
      const manifest = await extractBundle(bundle, out, { durable: false }).catch((error: unknown) => {
        assert.ok(error instanceof EnsembleError, String(error));
        return undefined;
      });
      if (manifest === undefined) continue;
      assert.deepEqual(await listTree(out), manifest);
      await rm(out, { recursive: true });
    }
    assert.deepEqual(await readdir(workshop.path()), ['bundle.tar.gz']);
  });
});
